// The state of the page, the address that holds it, and the messages that bring it.
import { FLAGS, ITSELF } from "./model.js";

export const limits = (data, name) => data.limits[name] || data.own_limits;

export function beginning(data) {
  const { language, ...state } = data.start;
  return state;
}

// The sizes that have a control for this cell.
export function sizeNames(data, cell) {
  return [...Object.keys(data.limits), ...data.cells[cell].sizes];
}

export function whole(text, [least, most]) {
  const number = Math.round(Number(text));
  return Number.isFinite(number) && String(text).trim() ? Math.min(most, Math.max(least, number)) : null;
}

// A state that the engine's data have: what does not go together is mended, and said in `notes`.
export function mended(data, state, texts, notes = []) {
  const cell = data.cells[state.cell];
  const next = { ...state };
  for (const name of cell.sizes) next[name] = next[name] || data.own;
  if (!next.bidirectional) next.merge_mode = data.merge_modes[0];
  if (cell.step && next.units % next[cell.step]) {
    const part = next[cell.step];
    next.units = Math.max(part, Math.round(next.units / part) * part);
    notes.push(texts.fixed_units.replace("{name}", cell.step).replace("{units}", next.units));
  }
  if (cell.ties) {
    if (next.features !== next.units) notes.push(texts.fixed_features);
    next.features = next.units;
  }
  const stored = cell.stored[next.convention];
  if (!stored || stored.count[+next.use_bias] == null) {
    notes.push(texts.fixed_convention.replace("{title}", data.conventions[next.convention].title));
    next.convention = ITSELF;
  }
  return next;
}

// A way of merging as one writes it: no merging at all is "none".
export const modeText = (mode) => mode ?? "none";

export function address({ data, state, language, more }) {
  const words = new URLSearchParams();
  for (const name of ["cell", "convention", ...sizeNames(data, state.cell)]) words.set(name, state[name]);
  for (const flag of FLAGS) words.set(flag, state[flag] ? 1 : 0);
  words.set("merge_mode", modeText(state.merge_mode));
  words.set("more", +more);
  words.set("language", language);
  return `#${words}`;
}

// `state` with what `words` say and the page has; everything else in them is left out.
export function taken(data, words, state) {
  const next = { ...state };
  const has = (name) => Object.hasOwn(words, name);
  for (const [name, table] of [["cell", data.cells], ["convention", data.conventions]]) {
    if (has(name) && Object.hasOwn(table, String(words[name]))) next[name] = String(words[name]);
  }
  for (const name of sizeNames(data, next.cell)) {
    const number = has(name) ? whole(words[name], limits(data, name)) : null;
    if (number !== null) next[name] = number;
  }
  const mode = has("merge_mode") ? data.merge_modes.find((each) => modeText(each) === modeText(words.merge_mode)) : undefined;
  if (mode !== undefined) next.merge_mode = mode;
  for (const flag of FLAGS) if (has(flag)) next[flag] = ["1", "true"].includes(String(words[flag]));
  return next;
}

// Whether the address shows what one more unit adds.
export const moreOf = (hash) => new URLSearchParams(hash.replace(/^#/, "")).get("more") === "1";

export function languageOf(data, hash) {
  const language = new URLSearchParams(hash.replace(/^#/, "")).get("language") || "";
  return Object.hasOwn(data.languages, language) ? language : data.start.language;
}

export function fromAddress(data, hash) {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  return taken(data, Object.fromEntries(words), beginning(data));
}

// A page inside another one says each new state to it, and does what that page alone says.
export function channel(data, current, set) {
  const outer = window.parent;
  let known = "";
  let begins = true;
  if (outer !== window) {
    window.addEventListener("message", (event) => {
      const words = event.source === outer && Object(event.data).lstminspect;
      if (!words || typeof words !== "object") return;
      // Answered always: what was asked for may not go together, and is mended.
      known = "";
      set(taken(data, words, current()));
    });
  }
  return (state) => {
    if (outer === window || known === JSON.stringify(state)) return;
    known = JSON.stringify(state);
    outer.postMessage({ lstminspect: state, begins }, "*");
    begins = false;
  };
}
