// The page: one state, and everything that is drawn from it.
import { answer, speak, tied } from "./model.js";
import { SMALLEST, strip, weights } from "./draw.js";
import { at, put, write } from "./place.js";
import { address, beginning, channel, fromAddress, languageOf, mended, moreOf } from "./state.js";
import { always, conventions, equations, grows, shapes, sum, tensors, wordsOf } from "./tables.js";
import { controls } from "./controls.js";
import { teaching } from "./teaching.js";
import { copying } from "./copying.js";
import { filled } from "./words.js";

// The data of the engine, which are deflated so that the page stays small.
async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function start(data) {
  const page = { data, more: moreOf(location.hash), shown: null, set, begin };
  let later = 0;
  // The room for pictures, which a browser measures slowly.
  let [wide, high] = [0, 0];
  // The tables that are on the screen, or near it: they move at once, the others a little later.
  const near = new Set();
  const TABLES = {
    sum: (now) => sum(data, page.state, now, page.texts),
    conventions: (now) => conventions(data, page.state, now, page.texts),
    tensors: (now) => tensors(now, page.texts),
    shapes: (now) => shapes(data, page.state, now, page.texts),
    equations: () => equations(data, page.state),
  };

  function set(changes, name = null) {
    const before = page.shown.now.count;
    const notes = [];
    const asked = { ...page.state, ...changes };
    // A layer in which features follow units is moved by either of them.
    if (name === "features" && tied(data, asked)) notes.push(page.texts.fixed_features);
    if (tied(data, asked)) asked.features = asked.units;
    page.state = mended(data, asked, page.texts, notes);
    draw();
    if (name) parts.controls.say(name, before, notes);
    if (name) parts.teaching.ask(name);
  }

  function begin() {
    page.more = false;
    set(beginning(data), "cell");
  }

  function remember() {
    // A page inside another one has no address of its own.
    if (location.protocol === "about:") return;
    const hash = address(page);
    try {
      history.replaceState(null, "", hash);
    } catch {
      location.replace(hash);
    }
  }

  function draw() {
    const { state, texts } = page;
    const now = answer(data, state);
    const words = wordsOf(data, state, now);
    page.shown = { now, words };
    tell(state);
    parts.controls.update();
    write("sentence", filled(texts.sentence, words));
    write("count", words.count);
    figures();
    const one = data.cells[state.cell].step ? texts.one_more_parts : texts.one_more_words;
    write("delta", filled(one, { ...words, grows: grows(now, texts) }));
    const returned = always(data, state) ? texts.strip_always : state.return_sequences ? texts.strip_all : texts.strip_last;
    write("strip-note", filled(returned, words));
    for (const id of near) put(id, TABLES[id](now));
    // What stands further down follows after the frame in which the pictures moved.
    clearTimeout(later);
    later = setTimeout(rest, 30);
  }

  function rest() {
    clearTimeout(later);
    const { now, words } = page.shown;
    for (const id in TABLES) put(id, TABLES[id](now));
    write("tensors-title", filled(page.texts.tensors, words));
    parts.teaching.replies();
    parts.teaching.sequence();
    parts.teaching.worksheet();
    parts.copying.update();
    remember();
  }

  function measure() {
    wide = Math.max(256, at("weights-figure").clientWidth - 4);
    // The picture leaves room for the strip below it, so that both are seen at once.
    high = Math.min(480, Math.max(230, innerHeight * 0.3));
  }

  function figures() {
    const { state, texts } = page;
    const { picture, side } = weights(data, state, wide, high, page.more, texts);
    put("weights-figure", picture);
    const notes = [state.bidirectional && texts.weights_note_directions, side < SMALLEST && texts.too_large];
    write("weights-note", notes.filter(Boolean).join(" "));
    const returned = state.return_sequences || always(data, state);
    put("strip-figure", strip(data, { ...state, return_sequences: returned }, wide, page.shown.now.count, texts));
  }

  // The page in another language: its fixed texts here, all others as they are drawn.
  function translate(language) {
    page.language = language;
    page.texts = data.languages[language];
    speak(page.texts);
    document.documentElement.lang = language;
    for (const each of document.querySelectorAll("[data-text]")) {
      const text = page.texts[each.dataset.text];
      if (each.textContent !== text) each.textContent = text;
    }
    at("language").value = language;
  }

  function speakIn(language) {
    translate(language);
    for (const part of Object.values(parts)) part.make();
    write("says", "");
    draw();
    rest();
  }

  document.documentElement.classList.add("with-script");
  at("language").innerHTML = Object.entries(data.languages)
    .map(([name, { language_name }]) => `<option value="${name}" lang="${name}">${language_name}</option>`)
    .join("");
  translate(languageOf(data, location.hash));
  page.state = mended(data, fromAddress(data, location.hash), page.texts);
  const parts = { controls: controls(page), teaching: teaching(page), copying: copying(page) };
  const tell = channel(data, () => page.state, (asked) => set(asked));
  measure();
  draw();
  rest();
  at("language").addEventListener("change", () => speakIn(at("language").value));
  at("more").addEventListener("change", () => {
    page.more = at("more").checked;
    draw();
  });
  window.addEventListener("hashchange", () => {
    if (location.hash === address(page)) return;
    // A place of the page, as the link to the controls has it, is no state.
    if (!location.hash.includes("=")) return remember();
    const [language, asked] = [languageOf(data, location.hash), fromAddress(data, location.hash)];
    page.more = moreOf(location.hash);
    if (language !== page.language) speakIn(language);
    set(asked, "cell");
  });
  let before = innerWidth;
  window.addEventListener("resize", () => {
    if (innerWidth === before) return;
    before = innerWidth;
    measure();
    figures();
  });
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) near[isIntersecting ? "add" : "delete"](target.id);
  });
  for (const id in TABLES) observer.observe(at(id));
  // For other fronts, and for whoever wants the numbers: the same functions that the page uses.
  const asked = (state) => mended(data, { ...beginning(data), ...state }, page.texts);
  window.lesson = {
    data,
    set,
    get state() {
      return page.state;
    },
    answer: (state) => answer(data, asked(state)),
    words: (state) => wordsOf(data, asked(state), answer(data, asked(state))),
  };
}

// In a browser that cannot inflate, the page stays as it is written: for one layer.
if (window.DecompressionStream) {
  const read = (id) => at(id).textContent;
  inflated(read("data")).then((data) => start({ ...data, start: JSON.parse(read("start")) }));
}
