// The state of the page, and the address that holds it.
import { FLAGS, ITSELF } from "./model.js";

// The least and the most of each size, and where its slider ends.
export const LIMITS = {
  units: [1, 4096, 64],
  features: [1, 4096, 16],
  timesteps: [1, 10000, 100],
  batch: [1, 10000, 64],
};
export const OWN_LIMITS = [1, 64, 8];
export const limits = (name) => LIMITS[name] || OWN_LIMITS;

export function beginning(data) {
  return { ...data.start };
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

export function address(data, state) {
  const words = new URLSearchParams();
  const cell = data.cells[state.cell];
  for (const name of ["cell", "convention", ...Object.keys(LIMITS), ...cell.sizes]) words.set(name, state[name]);
  for (const flag of FLAGS) words.set(flag, state[flag] ? 1 : 0);
  return `#${words}`;
}

export function fromAddress(data, hash) {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const state = beginning(data);
  if (Object.hasOwn(data.cells, words.get("cell") || "")) state.cell = words.get("cell");
  if (Object.hasOwn(data.conventions, words.get("convention") || "")) state.convention = words.get("convention");
  for (const name of [...Object.keys(LIMITS), ...data.cells[state.cell].sizes]) {
    const number = words.has(name) ? whole(words.get(name), limits(name)) : null;
    if (number !== null) state[name] = number;
  }
  for (const flag of FLAGS) if (words.has(flag)) state[flag] = words.get(flag) === "1";
  return state;
}
