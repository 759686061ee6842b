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

export function unpacked(text, table) {
  return [...text].map((sign) => table[sign.codePointAt(0) - 48]).join("");
}

export function shapeText(axes) {
  return axes.length === 1 ? `(${axes[0]},)` : `(${axes.join(", ")})`;
}

export function count(number) {
  return number.toLocaleString("en-US");
}

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
      return { ...block, axes, sides, count: product(axes), terms: ["*", ...block.shape] };
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
        .filter(([name]) => state.use_bias || stored.without.includes(name))
        .map(([name, blocks, axes]) => ({
          name,
          blocks: blocks.split(" "),
          shape: data.formulas[axes].map((axis) => value(axis, sizes)),
        }))
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

function choice(state) {
  return FLAGS.reduce((bits, flag) => bits * 2 + (state[flag] ? 1 : 0), 0);
}

// What a call takes and returns: input, returned and states, each a list of names and shapes.
export function callsOf(data, state) {
  const calls = data.cells[state.cell].calls.shapes;
  const whose = calls[state.convention] ? state.convention : ITSELF;
  const sizes = sizesOf(data, state);
  const lists = data.shapes[calls[whose][choice(state)]];
  if (!lists) return null;
  const [input, returned, states] = lists.map((list) =>
    list.map((number) => {
      const [name, axes] = data.tensors[number];
      return [name, axes.map((axis) => value(axis, sizes))];
    }),
  );
  return { whose, input, returned, states };
}

export function codeOf(data, state) {
  const sizes = sizesOf(data, state);
  const names = Object.keys(sizes).filter((name) => name !== "directions");
  const every = new RegExp(`\\b(${names.join("|")})\\b`, "g");
  const code = {};
  for (const [name, numbers] of Object.entries(data.cells[state.cell].calls.code)) {
    const lines = data.code[numbers[choice(state)]].map((number) => data.lines[number]);
    code[name] = name === "command" ? command(lines[0], state, sizes) : lines.map((line) => line.replace(every, (word) => sizes[word])).join("\n");
  }
  return code;
}

// Only what follows an option is a size: `--units units`, `--size heads=heads`.
function command(line, state, sizes) {
  return line
    .replace("CELL", state.cell)
    .replace(/([ =])([a-z]+)(?= |$)/g, (all, before, word) =>
      word in sizes ? before + sizes[word] : all,
    )
    .concat(state.convention === "keras" ? "" : ` --convention ${state.convention}`);
}

// The count of a convention, or null where it does not store the layer.
export function countIn(data, state, convention) {
  const stored = data.cells[state.cell].stored[convention];
  const number = stored ? stored.count[+state.use_bias] : null;
  return number === null ? null : value(data.formulas[number], sizesOf(data, state));
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
  const formula = directed(data.formulas[cell.stored[state.convention].count[+state.use_bias]], sizes.directions);
  const step = stepOf(data, state);
  const next = countIn(data, withUnits(data, state, state.units + step), state.convention);
  const counts = {};
  for (const [name, stored] of Object.entries(cell.stored)) {
    const side = (which) => {
      const part = stored[which] && stored[which][+state.use_bias];
      return part ? { blocks: part[0].split(" "), count: value(data.formulas[part[1]], sizes) } : null;
    };
    counts[name] = { count: countIn(data, state, name), why: stored.why, more: side("more"), fewer: side("fewer") };
  }
  const width = sizes[cell.width] * sizes.directions;
  const above = { ...state, features: width };
  return {
    sizes,
    count: own,
    next,
    delta: next - own,
    step,
    width,
    second: tied(data, state) && sizes.directions > 1 ? null : countIn(data, above, state.convention),
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
