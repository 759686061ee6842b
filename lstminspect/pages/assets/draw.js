// Figures as SVG texts: vectors and weights to scale, a square a weight, and the strip of steps.
import { blocksOf, count, decimal, sizesOf, stepOf, withUnits } from "./model.js";
import { escaped } from "./words.js";

const FONT = 13;
const GAP = 14;
const HATCH =
  '<defs><pattern id="lesson-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0v5" stroke="currentColor" stroke-width="2"/></pattern></defs>';
// Smaller squares than this, in pixels, are drawn as one plain area.
export const SMALLEST = 2.5;

const letters = (text) => 7.6 * text.length;

function label(x, y, text, more = "") {
  return `<text x="${x}" y="${y}" font-size="${FONT}" fill="currentColor" ${more}>${escaped(text)}</text>`;
}

// Lines between squares, as one path.
function grid(x, y, rows, columns, side) {
  if (side < SMALLEST) return "";
  let lines = "";
  for (let row = 1; row < rows; row++) lines += `M${x} ${y + row * side}h${columns * side}`;
  for (let column = 1; column < columns; column++) lines += `M${x + column * side} ${y}v${rows * side}`;
  return lines && `<path d="${lines}" stroke="#33383d" stroke-opacity=".55" stroke-width=".6" fill="none"/>`;
}

function area(x, y, rows, columns, side, colour) {
  const box = `x="${x}" y="${y}" width="${columns * side}" height="${rows * side}"`;
  return `<rect ${box} fill="${colour}" stroke="currentColor"/>${grid(x, y, rows, columns, side)}`;
}

// The squares that one more unit adds: dashed and hatched, so that it is seen without colours.
function added(x, y, rows, columns, side) {
  if (!rows || !columns) return "";
  const box = `x="${x}" y="${y}" width="${columns * side}" height="${rows * side}"`;
  return `<rect ${box} fill="url(#lesson-hatch)" stroke="currentColor" stroke-dasharray="3 2"/>${grid(x, y, rows, columns, side)}`;
}

function sides(block, sizes) {
  const [rows = 1, columns = 1] = block.shape.map((name) => sizes[name]);
  return [rows, columns];
}

function matrix(block, x, y, side, colour, sizes, bigger) {
  const [rows, columns] = sides(block, sizes);
  let text = "";
  if (!block.kind) {
    text = area(x, y, rows, columns, side, colour);
    if (bigger) {
      const [high, wide] = sides(block, bigger);
      text += added(x, y + rows * side, high - rows, wide, side);
      text += added(x + columns * side, y, rows, wide - columns, side);
    }
    return text;
  }
  // Most entries are zero: the outline is the whole matrix, the areas what is stored.
  const parts = sizes[block.parts];
  const [high, wide] = [rows / parts, columns / parts];
  text = `<rect x="${x}" y="${y}" width="${columns * side}" height="${rows * side}" fill="none" stroke="currentColor" stroke-dasharray="2 3"/>`;
  for (let row = 0; row < parts; row++) {
    const last = block.kind === "blocks" ? row + 1 : parts;
    for (let column = row; column < last; column++) {
      text += area(x + column * wide * side, y + row * high * side, high, wide, side, colour);
    }
  }
  return text;
}

function byGate(blocks) {
  const groups = new Map();
  for (const block of blocks) {
    const key = block.gate || block.name;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(block);
  }
  return [...groups];
}

// The places of all groups at one scale, or null if a group is wider than the figure.
function placed(groups, largest, side, width) {
  let [x, y, line, bottom] = [0, 0, 0, 0];
  const places = [];
  for (const [name, blocks] of groups) {
    const parts = blocks.map((block) => {
      const [rows, columns] = sides(block, largest);
      const text = `${rows}×${columns}`;
      return { block, rows, wide: Math.max(columns * side, letters(block.name), letters(text)) };
    });
    const wide = parts.reduce((sum, part) => sum + part.wide + GAP, 0);
    const high = Math.max(...parts.map((part) => part.rows)) * side + 4 * FONT + 12;
    if (x && x + wide > width) [x, y, line] = [0, y + line + GAP, 0];
    places.push({ name, parts, x, y });
    x += wide + GAP;
    bottom = Math.max(bottom, wide);
    line = Math.max(line, high);
  }
  return { places, height: y + line, widest: bottom };
}

export function weights(data, state, width, most, more, texts) {
  const sizes = sizesOf(data, state);
  const blocks = blocksOf(data, state, sizes);
  const cell = data.cells[state.cell];
  const bigger = more ? sizesOf(data, withUnits(data, state, state.units + stepOf(data, state))) : null;
  const vectors = { x: sizes.features };
  for (const [name, length] of Object.entries(cell.states)) vectors[name] = sizes[length];
  const groups = byGate(blocks);
  const longest = Math.max(...Object.values(vectors));
  const names = Object.keys(vectors);
  // The vectors stand beside the weights, or above them where the page is narrow.
  const beside = width >= 600;
  const aside = (side) => (beside ? names.length * (Math.max(side, 26) + GAP) + GAP : 0);
  const plans = (side) => placed(groups, bigger || sizes, side, width - aside(side));
  let side = 28;
  let plan = plans(side);
  // Squares stay large enough to be seen as long as there is any room below.
  const room = () => (side > 3 ? most : 2.5 * most);
  const high = () => (beside ? Math.max(plan.height, longest * side) : plan.height + longest * side);
  while (side > 0.02 && (high() > room() || plan.widest > width - aside(side))) {
    side = side > 4 ? side - 1 : side > 1 ? side - 0.5 : side * 0.7;
    plan = plans(side);
  }
  let text = more ? HATCH : "";
  let x = 0;
  const tallest = longest * side;
  for (const name of names) {
    const length = vectors[name];
    text += label(x, FONT, name, 'font-weight="600"');
    text += area(x, FONT + 6, length, 1, side, name === "x" ? "#dfe4e8" : "#a9b3bd");
    text += label(x, FONT * 2 + 8 + length * side, String(length));
    x += Math.max(side, 26) + GAP;
  }
  const under = tallest + 3 * FONT + 12;
  const top = beside ? 0 : under;
  const right = aside(side);
  for (const { name, parts, x: left, y } of plan.places) {
    const entries = parts.reduce((sum, part) => sum + part.block.count, 0);
    let at = left + right;
    const title = `${name}: ${count(entries)}`;
    text += label(at, top + y + FONT, title, 'font-weight="600"');
    for (const { block, rows, wide } of parts) {
      const colour = data.colours[block.colour];
      const [high_, wide_] = sides(block, sizes);
      text += label(at, top + y + 2 * FONT + 4, block.name);
      text += matrix(block, at, top + y + 2 * FONT + 8, side, colour, sizes, bigger);
      text += label(at, top + y + 3 * FONT + 10 + rows * side, `${high_}×${wide_}`);
      at += wide + GAP;
    }
  }
  const full = Math.max(width, plan.widest + right);
  const description = [
    ...names.map((name) => texts.vector.replace("{name}", name).replace("{length}", vectors[name])),
    ...blocks.map((block) => `${block.name}: ${sides(block, sizes).join(" × ")}`),
  ].join("; ");
  const picture = framed(full, Math.max(under, top + plan.height), texts.weights_title, description, text);
  return { picture, side };
}

function framed(width, height, title, description, text) {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="img" aria-label="${escaped(title)}. ${escaped(description)}" font-family="system-ui,sans-serif">` +
    `${text}</svg>`
  );
}

// The layer in time: one box a step, one set of weights for all of them.
export function strip(data, state, width, parameters, texts) {
  const box = 46;
  const pitch = box + 18;
  const fit = Math.max(3, Math.floor(width / pitch));
  const steps = state.timesteps;
  const shown = [];
  for (let step = 1; step <= steps; step++) shown.push(step);
  if (steps > fit) shown.splice(fit - 2, steps - fit + 1, 0);
  const rows = state.bidirectional ? 2 : 1;
  const top = 62;
  let text = label(0, FONT + 2, texts[state.bidirectional ? "strip_weights_both" : "strip_weights"].replace("{count}", count(parameters)), 'font-weight="600"');
  text += `<path d="M0 ${FONT + 12}h${shown.length * pitch - 18}" stroke="currentColor" stroke-width="3" fill="none"/>`;
  const bottom = top + rows * (box + 16);
  shown.forEach((step, number) => {
    const x = number * pitch;
    const middle = x + box / 2;
    if (!step) {
      text += label(middle - 8, top + box / 2, "…", 'font-size="20"');
      return;
    }
    text += `<path d="M${middle} ${FONT + 12}V${top}" stroke="currentColor" stroke-dasharray="3 3" fill="none"/>`;
    for (let row = 0; row < rows; row++) {
      const y = top + row * (box + 16);
      text += `<rect x="${x}" y="${y}" width="${box}" height="${box}" rx="5" fill="#8f9aa5" fill-opacity=".25" stroke="currentColor"/>`;
      text += label(middle, y + box / 2 + 5, texts.same, 'text-anchor="middle"');
      const from = row ? `M${x} ${y + box / 2}h-14m0 0l5 -4m-5 4l5 4` : `M${x + box} ${y + box / 2}h14m0 0l-5 -4m5 4l-5 4`;
      const ends = row ? number === 0 : number === shown.length - 1;
      if (!ends) text += `<path d="${from}" stroke="currentColor" fill="none"/>`;
    }
    text += label(middle, bottom + 8, `x${step}`, 'text-anchor="middle"');
    const back = state.return_sequences || step === steps;
    text += label(middle, bottom + 28, back ? `h${step} ↑` : "–", 'text-anchor="middle"');
  });
  const described = texts[state.bidirectional ? "strip_words_both" : "strip_words"].replace("{timesteps}", steps).replace("{count}", count(parameters));
  return framed(Math.max(width, shown.length * pitch), bottom + 36, texts.strip_title, described, text);
}

// A trace as a picture to save: a row a unit, a column a step, as the table shows it.
export function heat({ rows: all, steps }, shade, texts) {
  const [wide, high, left] = [52, 24, 80];
  const colours = { low: "#e9a15a", high: "#7fb9e6" };
  let [text, y] = ["", 0];
  for (const [name, rows] of all) {
    text += label(0, y + FONT, texts.trace_of.replace("{name}", name), 'font-weight="600"');
    y += 24;
    for (let step = 0; step < steps; step++) text += label(left + (step + 0.5) * wide, y + FONT, String(step + 1), 'text-anchor="middle"');
    y += 20;
    rows.forEach((row, unit) => {
      text += label(0, y + 17, name === "x" ? `x${unit + 1}` : texts.unit.replace("{number}", unit + 1));
      row.forEach((number, step) => {
        const [colour, share] = shade(number, rows);
        const x = left + step * wide;
        text += `<rect x="${x}" y="${y}" width="${wide}" height="${high}" fill="${colours[colour]}" fill-opacity="${share / 100}" stroke="currentColor" stroke-opacity=".3"/>`;
        text += label(x + wide / 2, y + 17, decimal(number), 'text-anchor="middle"');
      });
      y += high;
    });
    y += 16;
  }
  return framed(left + steps * wide, y, texts.trace, all.map(([name, rows]) => `${name}: ${rows.length} × ${steps}`).join("; "), text);
}
