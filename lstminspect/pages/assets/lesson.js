// The lesson: controls, and everything that moves with them.
import { FLAGS, answer, count, codeOf, stepOf, tied, withUnits } from "./model.js";
import { SMALLEST, escaped, strip, weights } from "./draw.js";
import { address, beginning, channel, fromAddress, limits, mended, sizeNames, whole } from "./state.js";
import { always, belief, conventions, equations, filled, grows, shapes, sheet, sum, tensors, trace, wordsOf } from "./tables.js";

const at = (id) => document.getElementById(id);
// What stands in each place already: a browser is slow where a place is written anew.
const standing = new Map();

function put(id, html) {
  if (standing.get(id) === html) return;
  standing.set(id, html);
  at(id).innerHTML = html;
}

export function start(data, texts) {
  let state = mended(data, fromAddress(data, location.hash), texts);
  let more = false;
  let step = 12;
  let playing = 0;
  let later = 0;
  // The answer that the page shows.
  let shown = null;
  // The room for pictures, which a browser measures slowly.
  let [wide, high] = [0, 0];
  const tell = channel(data, () => state, (asked) => set(asked));

  document.documentElement.classList.add("with-script");

  function set(changes, name = null) {
    const old = shown;
    const notes = [];
    const asked = { ...state, ...changes };
    // A layer in which features follow units is moved by either of them.
    if (name === "features" && data.cells[asked.cell].ties) notes.push(texts.fixed_features);
    if (tied(data, asked)) asked.features = asked.units;
    state = mended(data, asked, texts, notes);
    const now = draw();
    if (name) say(name, old.count, now.count, notes);
  }

  function say(name, old, now, notes) {
    const difference = now - old;
    const words = {
      name: texts[name] || name,
      value: state[name],
      count: count(now),
      difference: difference
        ? filled(difference > 0 ? texts.more : texts.fewer, { number: count(Math.abs(difference)) })
        : texts.same_count,
    };
    const kind = name in data.limits || typeof state[name] === "number" ? "" : "_option";
    const sentence = filled(texts[(difference ? "changed" : "unchanged") + kind], words);
    const said = name === "cell" || name === "convention" ? filled(texts.changed, words) : sentence;
    const says = at("says");
    says.textContent = [said, ...notes].join(" ");
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) {
      says.animate([{ background: "var(--high)" }, { background: "transparent" }], 600);
    }
  }

  function remember() {
    // A page inside another one has no address of its own.
    if (location.protocol === "about:") return;
    const hash = address(data, state);
    try {
      history.replaceState(null, "", hash);
    } catch {
      location.replace(hash);
    }
  }

  function draw() {
    const now = answer(data, state);
    shown = now;
    tell(state);
    const words = wordsOf(data, state, now);
    controls();
    at("sentence").textContent = filled(texts.sentence, words);
    at("count").textContent = words.count;
    figures(now);
    at("delta").textContent = filled(data.cells[state.cell].step ? texts.one_more_parts : texts.one_more_words, { ...words, grows: grows(now, texts) });
    at("strip-note").textContent = filled(always(data, state) ? texts.strip_always : state.return_sequences ? texts.strip_all : texts.strip_last, words);
    put("sum", sum(data, state, now, texts));
    // What stands further down follows after the frame in which the pictures moved.
    clearTimeout(later);
    later = setTimeout(() => {
      rest(now, words);
      remember();
    }, 30);
    return now;
  }

  function rest(now, words) {
    put("conventions", conventions(data, state, now, texts));
    at("tensors-title").textContent = filled(texts.tensors, words);
    put("tensors", tensors(now, texts));
    put("shapes", shapes(data, state, now, texts));
    put("equations", equations(data, state));
    for (const reply of document.querySelectorAll("[data-decided]")) reply.textContent = replied(reply, words);
    put("trace", trace(data, state, step, texts));
    worksheet();
    copies(now);
  }

  function measure() {
    wide = Math.max(256, at("weights-figure").clientWidth - 4);
    // The picture leaves room for the strip below it, so that both are seen at once.
    high = Math.min(480, Math.max(230, innerHeight * 0.3));
  }

  function figures(now) {
    const { picture, side } = weights(data, state, wide, high, more, texts);
    put("weights-figure", picture);
    const notes = [state.bidirectional && texts.weights_note_directions, side < SMALLEST && texts.too_large];
    at("weights-note").textContent = notes.filter(Boolean).join(" ");
    put("strip-figure", strip(data, { ...state, return_sequences: state.return_sequences || always(data, state) }, wide, now.count, texts));
  }

  // The controls, made once, and again where a cell has other sizes.
  function controls() {
    const names = sizeNames(data, state.cell);
    if (at("sizes").dataset.names !== names.join()) {
      at("sizes").dataset.names = names.join();
      at("sizes").innerHTML = names.map(size).join("");
      for (const input of at("sizes").querySelectorAll("input")) {
        input.addEventListener("input", () => {
          const number = whole(input.value, limits(data, input.name));
          if (number !== null) set({ [input.name]: number }, input.name);
        });
        input.addEventListener("change", () => controls());
      }
    }
    for (const name of names) {
      const [least, most, end] = limits(data, name);
      const slider = at(`${name}-slider`);
      const box = at(`${name}-number`);
      slider.max = Math.max(end, Math.min(most, state[name]));
      slider.value = state[name];
      slider.setAttribute("aria-valuetext", `${state[name]} ${texts[name] || name}`);
      if (document.activeElement !== box || whole(box.value, [least, most]) !== state[name]) box.value = state[name];
      slider.disabled = box.disabled = name === "features" && Boolean(data.cells[state.cell].ties);
    }
    at("cell").value = state.cell;
    for (const option of at("convention").options) {
      const stored = data.cells[state.cell].stored[option.value];
      option.disabled = !stored || stored.count[+state.use_bias] == null;
    }
    at("convention").value = state.convention;
    for (const flag of FLAGS) at(flag).checked = state[flag];
    at("more").checked = more;
  }

  function size(name) {
    const [least, most, end] = limits(data, name);
    const own = name in data.limits ? texts[name] : filled(texts.own_size, { name });
    const number = filled(texts.number_of, { name: own });
    return (
      `<div class="size"><label for="${name}-slider">${escaped(own)}</label>` +
      `<input type="range" id="${name}-slider" name="${name}" min="${least}" max="${end}">` +
      `<input type="number" id="${name}-number" name="${name}" min="${least}" max="${most}" aria-label="${escaped(number)}"></div>`
    );
  }

  function choices() {
    const cells = Object.entries(data.cells).map(([name, cell]) => `<option value="${name}">${escaped(name)}: ${escaped(cell.title)}</option>`);
    const stored = Object.entries(data.conventions).map(([name, each]) => `<option value="${name}">${escaped(each.title)}</option>`);
    const pick = (name, options) =>
      `<label class="pick" for="${name}"><span>${escaped(texts[name])}</span><select id="${name}">${options.join("")}</select></label>`;
    const flags = FLAGS.map((flag) => `<label><input type="checkbox" id="${flag}"> ${escaped(texts[flag])}</label>`);
    at("choices").innerHTML = `${pick("cell", cells)}${pick("convention", stored)}${flags.join("")}<button type="button" id="reset">${escaped(texts.reset)}</button>`;
    for (const name of ["cell", "convention"]) {
      at(name).addEventListener("change", () => {
        const changes = { [name]: at(name).value };
        // A new cell is counted as Keras stores it, where Keras has it.
        if (name === "cell") changes.convention = data.cells[at(name).value].stored.keras ? "keras" : "equations";
        set(changes, name);
      });
    }
    for (const flag of FLAGS) at(flag).addEventListener("change", () => set({ [flag]: at(flag).checked }, flag));
    at("reset").addEventListener("click", () => {
      more = false;
      set(beginning(data), "cell");
    });
  }

  function walk() {
    at("steps").innerHTML = texts.walk
      .map((_, number) => `<li><button type="button" data-walk="${number}">${escaped(filled(texts.go, { number: number + 1 }))}</button><output aria-live="polite"></output></li>`)
      .join("");
    at("steps").addEventListener("click", (event) => {
      const number = event.target.dataset.walk;
      if (number === undefined) return;
      // A step stands on those before it, so that each can be shown alone.
      const changes = Object.assign({}, ...texts.walk.slice(0, Number(number) + 1).map((each) => each.set));
      more = Boolean(changes.more);
      delete changes.more;
      set(changes);
      const words = wordsOf(data, state, answer(data, state));
      const sentence = filled(texts.walk[number].text, words);
      event.target.nextElementSibling.textContent = sentence;
      at("says").textContent = sentence;
    });
  }

  function replied(reply, words) {
    const start = reply.dataset.decided === "false" ? texts.right : texts.wrong;
    return `${start} ${belief(Number(reply.dataset.belief), words, texts)}`;
  }

  function beliefs() {
    at("beliefs").innerHTML = texts.belief
      .map(
        (each, number) =>
          `<li><p id="belief-${number}">${escaped(each.says)}</p>` +
          `<button type="button" aria-describedby="belief-${number}" data-says="true">${escaped(texts.true)}</button> ` +
          `<button type="button" aria-describedby="belief-${number}" data-says="false">${escaped(texts.false)}</button>` +
          `<output aria-live="polite" data-belief="${number}"></output></li>`,
      )
      .join("");
    at("beliefs").addEventListener("click", (event) => {
      const says = event.target.dataset.says;
      if (says === undefined) return;
      const reply = event.target.parentElement.querySelector("output");
      reply.dataset.decided = says;
      reply.textContent = replied(reply, wordsOf(data, state, answer(data, state)));
    });
  }

  // Worksheet 0 is the reader's layer; another number draws sizes, the same for the same number.
  function worksheet() {
    const number = whole(at("worksheet-number").value, [0, 9999]) || 0;
    let asked = state;
    if (number) {
      let seed = number;
      const drawn = (least, most) => {
        seed = (seed * 48271 + 11) % 2147483647;
        return least + (seed % (most - least + 1));
      };
      drawn(0, 1);
      const sizes = { units: drawn(2, 32), features: drawn(1, 12), timesteps: drawn(3, 40), batch: drawn(1, 16) };
      asked = mended(data, { ...state, ...sizes, ...(tied(data, state) ? { features: sizes.units } : {}) }, texts);
    }
    const words = wordsOf(data, asked, answer(data, asked));
    put("sheet", sheet(words, number, at("worksheet-key").checked, texts));
  }

  function copies(now) {
    for (const name of ["keras", "pytorch", "command"]) {
      const title = name === "command" ? texts.copy_command : data.conventions[name].title;
      const code = now.code[name] || "";
      at(`copy-${name}`).textContent = code || filled(texts.copy_none, { title });
      document.querySelector(`[data-copy="${name}"]`).disabled = !code;
    }
    at("copy-link").textContent = location.protocol === "about:" ? address(data, state) : location.href.split("#")[0] + address(data, state);
  }

  function copying() {
    at("copies").innerHTML = ["keras", "pytorch", "command", "link"]
      .map((name) => `<div><h3>${escaped(texts[`copy_${name}`])}</h3><pre id="copy-${name}" tabindex="0"></pre><button type="button" data-copy="${name}" aria-label="${escaped(`${texts.copy_button}: ${texts[`copy_${name}`]}`)}">${escaped(texts.copy_button)}</button></div>`)
      .join("");
    at("copies").addEventListener("click", async (event) => {
      const name = event.target.dataset.copy;
      if (!name) return;
      const text = at(`copy-${name}`);
      getSelection().selectAllChildren(text);
      let done = false;
      try {
        await navigator.clipboard.writeText(text.textContent);
        done = true;
      } catch {
        done = document.execCommand("copy");
      }
      at("copy-says").textContent = done ? filled(texts.copied, { what: texts[`copy_${name}`] }) : texts.not_copied;
    });
  }

  function download() {
    const svg = at("weights-figure").querySelector("svg").outerHTML.replace("<svg ", '<svg style="color:#1c2024;background:#fff" ');
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    link.download = `${state.cell}-${state.units}-units.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function play() {
    const stop = () => {
      clearInterval(playing);
      playing = 0;
      at("trace-play").textContent = texts.trace_play;
    };
    if (playing) return stop();
    at("trace-play").textContent = texts.trace_stop;
    show(1);
    playing = setInterval(() => (step >= 12 ? stop() : show(step + 1)), 700);
  }

  function show(number) {
    step = number;
    at("trace-step").value = step;
    at("trace-step").setAttribute("aria-valuetext", `${texts.trace_step} ${step}`);
    put("trace", trace(data, state, step, texts));
  }

  function print() {
    document.body.classList.add("sheet");
    window.addEventListener("afterprint", () => document.body.classList.remove("sheet"), { once: true });
    window.print();
  }

  choices();
  walk();
  beliefs();
  copying();
  at("more").addEventListener("change", () => {
    more = at("more").checked;
    draw();
  });
  at("download").addEventListener("click", download);
  at("trace-step").addEventListener("input", () => show(Number(at("trace-step").value)));
  at("trace-play").addEventListener("click", play);
  for (const id of ["worksheet-number", "worksheet-key"]) at(id).addEventListener("input", worksheet);
  at("print").addEventListener("click", print);
  at("form").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => {
    if (location.hash !== address(data, state)) set(fromAddress(data, location.hash), "cell");
  });
  let before = innerWidth;
  window.addEventListener("resize", () => {
    if (innerWidth === before) return;
    before = innerWidth;
    measure();
    figures(answer(data, state));
  });
  measure();
  const first = draw();
  clearTimeout(later);
  rest(first, wordsOf(data, state, first));
  // For other fronts, and for whoever wants the numbers: the same functions that the page uses.
  window.lesson = { data, texts, set, get state() { return state; }, answer: (asked) => answer(data, mended(data, { ...beginning(data), ...asked }, texts)), words: (asked) => { const own = mended(data, { ...beginning(data), ...asked }, texts); return wordsOf(data, own, answer(data, own)); } };
}
