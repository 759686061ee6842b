// Numbers of a layer: the engine's formulas with sizes in place of their names. No cell is known here.

export const FLAGS = ["use_bias", "bidirectional", "return_sequences", "return_state"];
export const ITSELF = "equations";

// The value of a formula: a number, the name of a size, or a sign and its parts.
export function value(formula, sizes) {
  if (typeof formula === "number") return formula;
  if (typeof formula === "string") return sizes[formula];
  const [sign, ...parts] = formula;
  const values = parts.map((part) => value(part, sizes));
  if (sign === "+") return values.reduce((a, b) => a + b, 0);
  if (sign === "*") return values.reduce((a, b) => a * b, 1);
  return values[0] / values[1];
}

// A formula without the factor of one direction, and with 2 for two.
export function directed(formula, directions) {
  if (formula === "directions") return directions;
  if (!Array.isArray(formula)) return formula;
  const [sign, ...parts] = formula;
  let kept = parts.map((part) => directed(part, directions));
  if (sign === "*" && directions === 1 && parts.includes("directions")) {
    kept = kept.filter((_, number) => parts[number] !== "directions");
    if (kept.length === 1) return kept[0];
  }
  return [sign, ...kept];
}

export function written(formula, sizes) {
  if (!Array.isArray(formula)) return String(sizes && formula in sizes ? sizes[formula] : formula);
  const [sign, ...parts] = formula;
  if (sign === "+") return parts.map((part) => written(part, sizes)).join(" + ");
  return parts
    .map((part) => {
      const text = written(part, sizes);
      return Array.isArray(part) && part[0] === "+" ? `(${text})` : text;
    })
    .join(sign === "*" ? "·" : "/");
}

// A formula in MathML, with its names, or with its numbers if sizes are passed.
export function mathml(formula, sizes) {
  if (!Array.isArray(formula)) {
    const text = written(formula, sizes);
    return /^\d/.test(text) ? `<mn>${text}</mn>` : `<mi mathvariant="normal">${text}</mi>`;
  }
  const [sign, ...parts] = formula;
  const mark = { "+": "+", "*": "·", "/": "/" }[sign];
  const texts = parts.map((part) => {
    const inner = mathml(part, sizes);
    const sum = sign !== "+" && Array.isArray(part) && part[0] === "+";
    return sum ? `<mrow><mo stretchy="false">(</mo>${inner}<mo stretchy="false">)</mo></mrow>` : inner;
  });
  return `<mrow>${texts.join(`<mo>${mark}</mo>`)}</mrow>`;
}

export function shapeText(axes) {
  return axes.length === 1 ? `(${axes[0]},)` : `(${axes.join(", ")})`;
}

// A number as the language of the page writes it.
let marks = { thousands: ",", decimal: "." };
export const speak = (texts) => (marks = texts);
export const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, marks.thousands);
export const decimal = (hundredths) => (hundredths === null ? "–" : (hundredths / 100).toFixed(2).replace(".", marks.decimal));

const product = (numbers) => numbers.reduce((a, b) => a * b, 1);

export function sizesOf(data, state) {
  const cell = data.cells[state.cell];
  const sizes = {
    directions: state.bidirectional ? 2 : 1,
    units: state.units,
    features: state.features,
    timesteps: state.timesteps,
    batch: state.batch,
  };
  for (const name of cell.sizes) sizes[name] = state[name];
  return sizes;
}

export function blocksOf(data, state, sizes = sizesOf(data, state)) {
  return data.cells[state.cell].blocks
    .filter((block) => state.use_bias || !block.bias)
    .map((block) => {
      const axes = (block.axes || block.shape).map((axis) => value(axis, sizes));
      const sides = block.shape.map((name) => sizes[name]);
      return { ...block, axes, sides, count: product(axes), factors: block.axes || block.shape };
    });
}

// The tensors that a convention stores, with their shapes.
export function tensorsOf(data, state, convention = state.convention) {
  const cell = data.cells[state.cell];
  const table = data.conventions[convention];
  const stored = cell.stored[convention];
  const sizes = sizesOf(data, state);
  const alone = stored.tensors
    ? stored.tensors
        .filter(({ name }) => state.use_bias || stored.without.includes(name))
        .map(({ name, blocks, axes }) => ({ name, blocks, shape: axes.map((axis) => value(axis, sizes)) }))
    : blocksOf(data, state).map((each) => ({ name: each.name, blocks: [each.name], shape: each.axes }));
  let sides = [table.names[0]];
  if (state.bidirectional) sides = table.axis ? [table.names[1]] : table.names.slice(1);
  return sides.flatMap((pattern) =>
    alone.map((each) => {
      const shape = table.axis ? [sizes.directions, ...each.shape.slice(1)] : each.shape;
      const name = pattern.replace("{tensor}", each.name);
      return {
        name: name.replace("{index}", "0").replace("{number}", "1"),
        blocks: each.blocks,
        shape,
        count: product(shape),
      };
    }),
  );
}

// The number of the choice of options: bias, directions and their merging, sequences, states.
function choice(data, state) {
  const directions = state.bidirectional ? 1 + data.merge_modes.indexOf(state.merge_mode) : 0;
  const before = +state.use_bias * (1 + data.merge_modes.length) + directions;
  return before * 4 + state.return_sequences * 2 + state.return_state * 1;
}

// What a call takes and returns: input, returned and states, each a list of names and shapes.
export function callsOf(data, state) {
  const calls = data.cells[state.cell].calls.shapes;
  const whose = calls[state.convention] ? state.convention : ITSELF;
  const sizes = sizesOf(data, state);
  const lists = data.shapes[calls[whose][choice(data, state)]];
  if (!lists) return null;
  const [input, returned, states] = lists.map((list) =>
    list.map(([name, axes]) => [name, axes.map((axis) => value(axis, sizes))]),
  );
  return { whose, input, returned, states };
}

export function codeOf(data, state) {
  const sizes = sizesOf(data, state);
  const names = Object.keys(sizes).filter((name) => name !== "directions");
  const every = new RegExp(`\\b(${names.join("|")})\\b`, "g");
  const cell = data.cells[state.cell];
  const code = {};
  for (const [name, numbers] of Object.entries(cell.calls.code)) {
    const lines = data.code[numbers[choice(data, state)]];
    code[name] = lines.map((line) => line.replace(every, (word) => sizes[word])).join("\n");
  }
  if (cell.command) code.command = command(data, state);
  return code;
}

// The options of the command line, each where it is not the default.
function command(data, state) {
  const words = [`lstminspect --cell ${state.cell}`];
  for (const { name, spelling, default: usual } of data.options) {
    const now = state[name];
    if (now === usual) continue;
    if (typeof now === "boolean") words.push(now ? spelling : spelling.replace("--", "--no-"));
    else words.push(`${spelling} ${now === null ? "none" : now}`);
  }
  for (const name of data.cells[state.cell].sizes) words.push(`--size ${name}=${state[name]}`);
  if (state.convention !== "keras") words.push(`--convention ${state.convention}`);
  return words.join(" ");
}

// The count of a convention, or null where it does not store the layer.
export function countIn(data, state, convention) {
  const stored = data.cells[state.cell].stored[convention];
  const number = stored ? stored.count[+state.use_bias] : null;
  return number === null ? null : value(number, sizesOf(data, state));
}

// The terms of a count for one direction, each with the gates whose blocks it counts.
export function termsOf(data, state) {
  const stored = data.cells[state.cell].stored[state.convention];
  const [, , ...factors] = stored.count[+state.use_bias];
  const gates = stored.gates[+state.use_bias];
  const inner = factors.length > 1 ? ["*", ...factors] : factors[0];
  const terms = gates.length > 1 ? inner.slice(1) : [inner];
  return terms.map((term, number) => [term, gates[number]]);
}

export function stepOf(data, state) {
  const name = data.cells[state.cell].step;
  return name ? state[name] : 1;
}

export function tied(data, state) {
  return data.cells[state.cell].ties;
}

// `state` with units changed, and what follows from them.
export function withUnits(data, state, units) {
  return { ...state, units, features: tied(data, state) ? units : state.features };
}

// Every number of the page for one state.
export function answer(data, state) {
  const cell = data.cells[state.cell];
  const sizes = sizesOf(data, state);
  const own = countIn(data, state, state.convention);
  const formula = directed(cell.stored[state.convention].count[+state.use_bias], sizes.directions);
  const step = stepOf(data, state);
  const next = countIn(data, withUnits(data, state, state.units + step), state.convention);
  const counts = {};
  for (const [name, stored] of Object.entries(cell.stored)) {
    const side = (which) => {
      const part = stored[which] && stored[which][+state.use_bias];
      return part ? { blocks: part.blocks, count: value(part.count, sizes) } : null;
    };
    counts[name] = { count: countIn(data, state, name), more: side("more"), fewer: side("fewer") };
  }
  const concatenated = state.bidirectional && state.merge_mode === "concat";
  const width = sizes[cell.width] * (concatenated ? 2 : 1);
  const above = { ...state, features: width, ...(tied(data, state) ? { units: width } : {}) };
  return {
    sizes,
    count: own,
    next,
    delta: next - own,
    step,
    width,
    second: tied(data, state) && concatenated ? null : countIn(data, above, state.convention),
    formula: written(formula),
    numbers: written(formula, sizes),
    tree: formula,
    counts,
    blocks: blocksOf(data, state),
    tensors: tensorsOf(data, state),
    calls: callsOf(data, state),
    code: codeOf(data, state),
  };
}
