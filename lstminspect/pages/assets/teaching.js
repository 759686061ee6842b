// What teaches beside the figures: the walk, the beliefs, the sequence to watch and the worksheet.
import { answer, tied } from "./model.js";
import { at, put, write } from "./place.js";
import { mended, whole } from "./state.js";
import { belief, sheet, trace, traceOf, wordsOf } from "./tables.js";
import { escaped, filled } from "./words.js";

export function teaching(page) {
  const { data } = page;
  // What the reader has seen and decided: the step of the walk, the answers to the beliefs.
  const decided = {};
  // The state before the question that stands now, if the class is asked first.
  let since = null;
  let step = data.trace.steps;
  let playing = 0;

  function make() {
    const { texts } = page;
    at("steps").innerHTML = texts.walk
      .map((_, number) => `<li><button type="button" data-walk="${number}">${escaped(filled(texts.go, { number: number + 1 }))}</button><output aria-live="polite"></output></li>`)
      .join("");
    const says = (number, value) =>
      `<button type="button" aria-describedby="belief-${number}" data-number="${number}" data-says="${value}">${escaped(texts[value])}</button> `;
    at("beliefs").innerHTML = texts.belief
      .map(
        (each, number) =>
          `<li><p id="belief-${number}">${escaped(each.says)}</p>${says(number, "true")}${says(number, "false")}` +
          `<output aria-live="polite" id="reply-${number}"></output></li>`,
      )
      .join("");
    write("trace-play", texts[playing ? "trace_stop" : "trace_play"]);
  }

  // A step stands on those before it, so that each can be shown alone.
  function walk(number) {
    const { more, ...changes } = Object.assign({}, ...page.texts.walk.slice(0, number + 1).map((each) => each.set));
    page.more = Boolean(more);
    page.set(changes);
    const sentence = filled(page.texts.walk[number].text, page.shown.words);
    at("steps").children[number].querySelector("output").textContent = sentence;
    write("says", sentence);
  }

  // A lecturer moves a control, and all that follows from it is hidden until it is shown.
  function ask(name) {
    if (!at("asking").checked) return (since = page.state);
    const { state, texts } = page;
    const named = (value) => (name === "convention" ? data.conventions[value].title : typeof value === "boolean" ? texts[value ? "on" : "off"] : value);
    const words = { name: texts[name] || name, old: named(since[name]), value: named(state[name]) };
    write("question", filled(texts.ask_question, words));
    document.documentElement.classList.add("asked");
    at("show").hidden = false;
  }

  function answered() {
    since = page.state;
    document.documentElement.classList.remove("asked");
    at("show").hidden = true;
    write("question", "");
    // Written again, so that a screen reader says it, now that it is seen.
    const said = at("says").textContent;
    write("says", "");
    requestAnimationFrame(() => write("says", said));
  }

  function replies() {
    for (const [number, says] of Object.entries(decided)) {
      const start = page.texts[says === "false" ? "right" : "wrong"];
      write(`reply-${number}`, `${start} ${belief(Number(number), page.shown.words, page.texts)}`);
    }
  }

  // Worksheet 0 is the reader's layer; another number draws sizes, the same for the same number.
  function worksheet() {
    const { state, texts } = page;
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
    const words = number ? wordsOf(data, asked, answer(data, asked)) : page.shown.words;
    put("sheet", sheet(words, number, at("worksheet-key").checked, texts));
  }

  function sequence() {
    const { texts } = page;
    const traced = traceOf(data, page.state, texts);
    const now = Math.min(step, traced.steps);
    at("trace-step").max = traced.steps;
    at("trace-step").value = now;
    at("trace-step").setAttribute("aria-valuetext", `${texts.trace_step} ${now}`);
    write("trace-own", traced.note);
    put("trace", trace(traced, now, texts));
    return traced.steps;
  }

  function show(number) {
    step = number;
    return sequence();
  }

  function play() {
    const stop = () => {
      clearInterval(playing);
      playing = 0;
      write("trace-play", page.texts.trace_play);
    };
    if (playing) return stop();
    write("trace-play", page.texts.trace_stop);
    show(1);
    playing = setInterval(() => (step >= show(step + 1) ? stop() : null), 700);
  }

  function print() {
    document.body.classList.add("sheet");
    window.addEventListener("afterprint", () => document.body.classList.remove("sheet"), { once: true });
    window.print();
  }

  at("steps").addEventListener("click", ({ target }) => target.dataset.walk && walk(Number(target.dataset.walk)));
  at("beliefs").addEventListener("click", ({ target }) => {
    if (!target.dataset.says) return;
    decided[target.dataset.number] = target.dataset.says;
    replies();
  });
  at("trace-step").addEventListener("input", () => show(Number(at("trace-step").value)));
  at("trace-play").addEventListener("click", play);
  for (const id of ["worksheet-number", "worksheet-key"]) at(id).addEventListener("input", worksheet);
  at("print").addEventListener("click", print);
  at("show").addEventListener("click", answered);
  at("asking").addEventListener("change", answered);
  make();
  return { ask, make, replies, sequence, worksheet };
}
