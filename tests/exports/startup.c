/* The start of a program on a Cortex-M core in QEMU: vectors, the FPU, main and its exit code.
 * It prints the bytes of stack that main has used: those below that are no longer as painted. */

#include <stdint.h>

#define PAINTED 2048
#define PAINT 0xA5A5A5A5u

int main(void);
void start(void);
extern uint32_t stack_top;

/* Semihosting: QEMU does what r0 says with r1. */
static void ask(uint32_t operation, uintptr_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(uint32_t number)
{
    char text[12] = {0};
    int place = 10;
    text[place] = '\n';
    do
        text[--place] = (char)('0' + number % 10);
    while (number /= 10);
    ask(0x04, (uintptr_t)&text[place]);
}

/* The end of QEMU, with exit code 0 for the reason 0x20026. */
static void end(int code)
{
    ask(0x18, code == 0 ? 0x20026u : 0x20023u);
    for (;;) {
    }
}

static void fault(void)
{
    end(1);
}

/* newlib's libm sets errno: its own keeps a struct of a kilobyte, this one four bytes. */
int *__errno(void);
int *__errno(void)
{
    static int number;
    return &number;
}

void start(void)
{
    volatile uint32_t *painted;
    uint32_t *top;
    int code;
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: coprocessors 10 and 11 are on. */
    __asm__ volatile("dsb\n isb");
#endif
    __asm__ volatile("mov %0, sp" : "=r"(top));
    for (painted = top - PAINTED; painted < top; painted++)
        *painted = PAINT;
    code = main();
    for (painted = top - PAINTED; *painted == PAINT; painted++) {
    }
    print((uint32_t)((uintptr_t)top - (uintptr_t)painted));
    end(code);
}

typedef union {
    uint32_t *stack;
    void (*call)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = &stack_top}, {.call = start}, {.call = fault}, {.call = fault},
    {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault},
    {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault},
    {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault},
};
