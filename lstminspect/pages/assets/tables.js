// The tables and sentences of the page as HTML texts, from one answer.
import { callsOf, count, decimal, mathml, shapeText, termsOf, written } from "./model.js";
import { escaped, filled } from "./words.js";

function table(heads, rows, caption = "") {
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  const title = caption ? `<caption>${escaped(caption)}</caption>` : "";
  return `<table>${title}<thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

const shapesText = (list) => list.map(([, shape]) => shapeText(shape)).join(", ");

// Which blocks one more unit makes larger, and how.
export function grows(answer, texts) {
  const kinds = new Map();
  for (const { name, shape } of answer.blocks) {
    const along = shape.map((size) => size === "units");
    const matrix = shape.length > 1;
    const kind = along[0] && along[1] ? "both" : along[1] ? "column" : !along[0] ? "" : matrix ? "row" : "number";
    if (kind) kinds.set(kind, [...(kinds.get(kind) || []), name]);
  }
  return [...kinds].map(([kind, names]) => filled(texts.grows[kind], { blocks: names.join(", ") })).join("; ");
}

// Whether every step comes back whatever return_sequences says, as in PyTorch.
export function always(data, state) {
  const [last, all] = [false, true].map((sequences) => JSON.stringify(callsOf(data, { ...state, return_sequences: sequences })));
  return last !== "null" && last === all && state.timesteps > 0;
}

// What stands in the place of each name in braces in the texts.
export function wordsOf(data, state, answer) {
  const returned = (sequences) => {
    const calls = callsOf(data, { ...state, return_sequences: sequences });
    return calls ? shapesText(calls.returned) : "–";
  };
  const sizes = answer.sizes;
  return {
    cell: state.cell,
    title: data.conventions[state.convention].title,
    units: state.units,
    features: state.features,
    timesteps: state.timesteps,
    batch: state.batch,
    many_timesteps: state.timesteps * 10,
    many_batch: state.batch * 10,
    units_of_h: sizes[data.cells[state.cell].width],
    width: answer.width,
    count: count(answer.count),
    next_units: state.units + answer.step,
    next_count: count(answer.next),
    delta: count(answer.delta),
    step: answer.step,
    second: answer.second === null ? null : count(answer.second),
    formula: answer.formula,
    numbers: answer.numbers,
    input: answer.calls ? shapesText(answer.calls.input) : "–",
    returned_last: returned(false),
    returned_all: returned(true),
    tensor_shapes: answer.tensors.map((each) => `${each.name} ${shapeText(each.shape)}`).join("; "),
  };
}

const chip = (colour, html) => `<span class="gate" style="background:${colour}">${html}</span>`;

export function sum(data, state, answer, texts) {
  const gates = new Map();
  for (const block of answer.blocks) {
    const key = block.gate || block.name;
    if (!gates.has(key)) gates.set(key, { colour: data.colours[block.colour], blocks: [], entries: 0 });
    const gate = gates.get(key);
    gate.blocks.push(block);
    gate.entries += block.count;
  }
  const rows = [...gates].map(([gate, { colour, blocks, entries }]) => {
    const terms = blocks.map(({ axes }) => `<mrow>${(axes.length ? axes : [1]).map((axis) => `<mn>${axis}</mn>`).join("<mo>·</mo>")}</mrow>`);
    const named = blocks.map(({ factors }) => factors.map((each) => (Array.isArray(each) ? `(${written(each)})` : each)).join("·") || "1").join(" + ");
    const names = blocks.map((block) => block.name).join(" + ");
    const term = chip(colour, `${escaped(named)} = <math><mrow>${terms.join("<mo>+</mo>")}</mrow></math>`);
    return `<tr><th scope="row">${chip(colour, escaped(gate))}</th><td>${escaped(names)}</td><td>${term}</td><td class="number" data-gate="${escaped(gate)}">${count(entries)}</td></tr>`;
  });
  const heads = [texts.gate, texts.blocks, texts.terms, texts.entries];
  return table(heads, rows, texts.by_gate) + steps(data, state, answer, gates, texts) + closed(data, state, answer, gates, texts);
}

// From the gates to the count: one direction, two of them, and what the convention stores besides.
function steps(data, state, answer, gates, texts) {
  const { directions } = answer.sizes;
  const { title } = data.conventions[state.convention];
  const parts = [...gates].map(([gate, { colour, entries }]) => chip(colour, `${escaped(gate)}: ${count(entries)}`));
  let all = [...gates.values()].reduce((total, { entries }) => total + entries, 0);
  const lines = parts.length > 1 ? [`${escaped(texts.gate_sum)}: ${parts.join(" + ")} = ${count(all)}`] : [];
  if (directions > 1) lines.push(`${escaped(texts.both_sum)}: ${directions}·${count(all)} = ${count(directions * all)}`);
  all *= directions;
  for (const [side, sign] of [["more", 1], ["fewer", -1]]) {
    const other = answer.counts[state.convention][side];
    if (!other) continue;
    const after = all + sign * other.count;
    lines.push(`${escaped(`${title}, ${reason(side, other, texts)}`)}: ${count(all)} ${sign > 0 ? "+" : "−"} ${count(other.count)} = ${count(after)}`);
    all = after;
  }
  return lines.map((line) => `<p class="steps">${line}</p>`).join("");
}

// The formula of the count, with the gates of each term below it.
function closed(data, state, answer, gates, texts) {
  const { directions } = answer.sizes;
  const every = termsOf(data, state);
  const single = every.length === 1;
  const terms = every.map(([term, names]) => {
    const chips = names.filter((name) => gates.has(name)).map((name) => chip(gates.get(name).colour, escaped(name)));
    return `<span class="term"><math><mrow>${mathml(single ? answer.tree : term)}</mrow></math><span class="under">${chips.join(" ")}</span></span>`;
  });
  const sum = terms.join("<span>+</span>");
  const whole = single || directions === 1 ? sum : `<span>${directions}·(</span>${sum}<span>)</span>`;
  const numbers = `<math><mrow><mo>=</mo>${mathml(answer.tree, answer.sizes)}<mo>=</mo><mn>${count(answer.count)}</mn></mrow></math>`;
  return `<p>${escaped(filled(texts.closed, { title: data.conventions[state.convention].title }))}</p><p class="closed">${whole}</p><p>${numbers}</p>`;
}

const reason = (side, other, texts) => filled(texts[`reason_${side}`], { count: count(other.count), blocks: other.blocks.join(", ") });

export function conventions(data, state, answer, texts) {
  const absent = [];
  const rows = [];
  for (const [name, { title }] of Object.entries(data.conventions)) {
    const here = answer.counts[name];
    if (!here) {
      absent.push(title);
      continue;
    }
    const reasons = ["more", "fewer"]
      .filter((side) => here[side])
      .map((side) => reason(side, here[side], texts));
    const why = here.count === null ? filled(texts.reason_none, { title }) : reasons.join("; ") || texts.reason_same;
    const number = here.count === null ? "–" : count(here.count);
    rows.push(
      `<tr${name === state.convention ? ' class="mine" aria-current="true"' : ""}><th scope="row">${escaped(title)}</th><td class="number" data-convention="${name}">${number}</td><td>${escaped(why)}</td></tr>`,
    );
  }
  const rest = absent.length ? `<p class="note">${escaped(filled(texts.absent, { titles: absent.join(", ") }))}</p>` : "";
  return table([texts.convention_column, texts.parameters, texts.reason], rows) + rest;
}

export function tensors(answer, texts) {
  const rows = answer.tensors.map(
    (each) =>
      `<tr><th scope="row"><code>${escaped(each.name)}</code></th><td class="shape">${shapeText(each.shape)}</td><td class="number">${count(each.count)}</td><td>${escaped(each.blocks.join(" "))}</td></tr>`,
  );
  return table([texts.tensor, texts.shape, texts.parameters, texts.blocks], rows);
}

export function shapes(data, state, answer, texts) {
  const title = data.conventions[state.convention].title;
  if (!answer.calls) return `<p>${escaped(filled(texts.shapes_none, { title }))}</p>`;
  const rows = ["input", "returned", "states"].flatMap((what) =>
    answer.calls[what].map(
      ([name, shape]) =>
        `<tr><td>${escaped(texts[what])}</td><th scope="row">${escaped(name)}</th><td class="shape" data-shape="${what}">${shapeText(shape)}</td></tr>`,
    ),
  );
  const order = { title: data.conventions[answer.calls.whose === "equations" ? "keras" : answer.calls.whose].title, batch: state.batch, timesteps: state.timesteps };
  const note = `<p class="note">${escaped(filled(texts.shapes_in, order))}</p>`;
  return note + table([texts.what, texts.tensor, texts.shape], rows);
}

export function equations(data, state) {
  return data.cells[state.cell].equations;
}

// The trace of the size that is nearest to the reader's, the units first, and its sentence.
export function traceOf(data, state, texts) {
  const cell = data.cells[state.cell];
  const near = Object.keys(cell.traces)
    .map((key) => key.split(" ").map(Number))
    .map(([units, features]) => ({ units, features, by: [Math.abs(units - state.units), Math.abs(features - state.features)] }))
    .reduce((best, each) => (each.by[0] - best.by[0] || each.by[1] - best.by[1]) < 0 ? each : best);
  const { units, features } = near;
  const own = cell.sizes.every((name) => state[name] === data.own);
  const exact = near.by.every((distance) => !distance) && own;
  const steps = Math.min(data.trace.steps, state.timesteps);
  const words = { units, features, steps, own_units: state.units, own_features: state.features, timesteps: state.timesteps };
  const notes = [
    exact ? texts.trace_own : texts.trace_other,
    !exact && cell.sizes.length && filled(texts.trace_sizes, { names: cell.sizes.join(", "), own: data.own }),
    steps < state.timesteps && texts.trace_first,
    !state.use_bias && texts.trace_bias,
    state.bidirectional && texts.trace_forward,
  ];
  const note = notes.filter(Boolean).map((text) => filled(text, words)).join(" ");
  const rows = { x: data.trace.x.slice(0, features), ...cell.traces[`${units} ${features}`] };
  return { rows: Object.entries(rows).map(([name, all]) => [name, all.map((row) => row.slice(0, steps))]), steps, note };
}

// How strong the colour of a value is, in hundredths of the largest one, and of which sign.
export function shade(number, rows) {
  const most = Math.max(100, ...rows.flat().map(Math.abs));
  return [number < 0 ? "low" : "high", Math.round((Math.abs(number) / most) * 100)];
}

export function trace({ rows: all }, step, texts) {
  return all
    .map(([name, rows]) => {
      const body = rows.map((row, unit) => {
        const entries = row.map((number, at) => {
          const [colour, share] = shade(number, rows);
          const later = at >= step ? ' class="later"' : "";
          return `<td${later} style="background:color-mix(in srgb,var(--${colour}) ${share}%,transparent)">${decimal(number)}</td>`;
        });
        const head = name === "x" ? `x${unit + 1}` : filled(texts.unit, { number: unit + 1 });
        return `<tr><th scope="row">${escaped(head)}</th>${entries.join("")}</tr>`;
      });
      const heads = rows[0].map((_, at) => `<th scope="col">${at + 1}</th>`).join("");
      const title = filled(texts.trace_of, { name });
      return `<table class="heat"><caption>${escaped(title)}</caption><thead><tr><td></td>${heads}</tr></thead><tbody>${body.join("")}</tbody></table>`;
    })
    .join("");
}

export function belief(number, words, texts) {
  const own = { ...words, second: words.second === null ? texts.no_second : words.second };
  return filled(texts.belief[number].answer, own);
}

export function sheet(words, number, key, texts) {
  const head = `<p><strong>${escaped(filled(texts.worksheet_head, { ...words, number }))}</strong></p>`;
  const asks = texts.questions.map((each) => `<li>${escaped(filled(each.asks, words))}<div class="blank"></div></li>`);
  const answers = texts.questions.map((each) => `<li>${escaped(filled(each.answer, words))}</li>`);
  const solved = key ? `<h3>${escaped(texts.answers)}</h3><ol class="key">${answers.join("")}</ol>` : "";
  return `${head}<ol>${asks.join("")}</ol>${solved}`;
}
