// Who answers: Python in a worker of the page, or the server that the page comes from. Both are an
// object with ask(question), a promise of the answer, and say their state to `told`.

// What a browser must have for Python inside the page.
export const lacking = () =>
  [["WebAssembly", globalThis.WebAssembly], ["DecompressionStream", globalThis.DecompressionStream], ["Worker", globalThis.Worker]]
    .filter(([, has]) => !has)
    .map(([name]) => name);

// An answer that takes longer is given up; on a slow device, of which the start tells, later.
const LIMIT = 2000;
const SLOW = 0.4;
// A first question of its sort reads the modules that it needs, which is no work on the question.
const READING = 30000;

async function unpacked(id) {
  const text = document.getElementById(`part-${id}`).textContent;
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

export function inWorker({ lock }, examples, told) {
  const source = URL.createObjectURL(new Blob([JSON.parse(document.getElementById("worker").textContent)], { type: "text/javascript" }));
  const began = performance.now();
  let parts = null;
  let worker = null;
  let ready = false;
  let limit = LIMIT;
  let number = 0;
  let timer = 0;
  // What is asked of Python now, and the question that waits.
  let asked = null;
  let waiting = null;
  const known = new Set();

  async function begin() {
    ready = false;
    known.clear();
    if (!parts) {
      told({ stage: "unpacking" });
      const [loader, glue, wasm, library, engine] = await Promise.all([
        unpacked("loader").then((each) => each.text()),
        unpacked("glue").then((each) => each.text()),
        unpacked("wasm").then((each) => each.arrayBuffer()),
        unpacked("library").then((each) => each.arrayBuffer()),
        unpacked("engine").then((each) => each.json()),
      ]);
      parts = { loader, glue, wasm, library, engine, lock };
    }
    worker = new Worker(source);
    worker.onmessage = ({ data }) => heard(data);
    worker.onerror = (event) => failed(event.message || "");
    worker.postMessage({ parts });
  }

  function heard({ stage, ready: milliseconds, number: answered, answer, fault, ends }) {
    if (stage) return told({ stage });
    if (milliseconds) {
      ready = true;
      limit = Math.max(LIMIT, SLOW * milliseconds);
      told({ stage: "ready", seconds: (performance.now() - began) / 1000 });
      return next();
    }
    if (fault !== undefined && (ends || !asked)) return failed(fault);
    if (!asked || answered !== asked.number) return undefined;
    clearTimeout(timer);
    known.add(asked.question.about);
    const { done } = asked;
    asked = null;
    done(fault === undefined ? answer : { fault });
    return next();
  }

  function post(question, done, milliseconds) {
    number += 1;
    asked = { number, question, done };
    worker.postMessage({ number, question });
    timer = setTimeout(() => end({ late: milliseconds / 1000 }), milliseconds);
  }

  function next() {
    if (!ready || asked) return;
    if (!waiting) {
      // Nobody waits: the modules of other questions are read, one after the other.
      const about = Object.keys(examples).find((each) => !known.has(each));
      if (about) post(examples[about], () => {}, READING);
      return;
    }
    const { question, done } = waiting;
    if (!known.has(question.about) && examples[question.about]) {
      post(examples[question.about], () => {}, READING);
      return;
    }
    waiting = null;
    post(question, done, limit);
  }

  // Python is ended: it works for too long, or cannot go on. A new one is started.
  function end(reason) {
    clearTimeout(timer);
    worker.terminate();
    const done = asked ? asked.done : () => {};
    const about = asked && asked.question.about;
    asked = null;
    told({ stage: "again" });
    done(reason);
    if (about && !known.has(about)) delete examples[about];
    begin();
  }

  function failed(fault) {
    if (ready) return end({ ended: fault });
    worker.terminate();
    told({ stage: "failed", fault });
    if (waiting) waiting.done({ fault });
    waiting = null;
    return undefined;
  }

  begin().catch((error) => told({ stage: "failed", fault: String(error) }));
  return {
    // The last question alone counts: one that still waits is left, and its answer is null.
    ask: (question) =>
      new Promise((done) => {
        if (waiting) waiting.done(null);
        waiting = { question, done };
        next();
      }),
  };
}

export function overHttp({ address }, told) {
  told({ stage: "ready" });
  return {
    ask: async (question) => {
      try {
        const response = await fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(question) });
        return await response.json();
      } catch {
        return { gone: true };
      }
    },
  };
}
