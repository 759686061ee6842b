// The controls: a slider and a box for each size, a choice for each option, and what they say.
import { FLAGS, count } from "./model.js";
import { at, write } from "./place.js";
import { limits, modeText, sizeNames, whole } from "./state.js";
import { escaped, filled } from "./words.js";

export function controls(page) {
  const { data } = page;
  // Where each slider ends: a typed value moves it, and it stays there.
  let ends = {};
  let flash = null;

  function size(name) {
    const { texts } = page;
    const [least, most] = limits(data, name);
    const own = name in data.limits ? texts[name] : filled(texts.own_size, { name });
    const number = filled(texts.number_of, { name: own });
    return (
      `<div class="size"><label for="${name}-slider">${escaped(own)}</label>` +
      `<input type="range" id="${name}-slider" name="${name}" min="${least}">` +
      `<input type="number" id="${name}-number" name="${name}" min="${least}" max="${most}" aria-label="${escaped(number)}"></div>`
    );
  }

  function make() {
    const { texts } = page;
    const option = (value, text) => `<option value="${escaped(value)}">${escaped(text)}</option>`;
    const cells = Object.entries(data.cells).map(([name, cell]) => option(name, `${name}: ${cell.title}`));
    const stored = Object.entries(data.conventions).map(([name, each]) => option(name, each.title));
    const modes = data.merge_modes.map((mode) => option(modeText(mode), mode || texts.merge_none));
    const pick = (name, options) =>
      `<label class="pick" for="${name}"><span>${escaped(texts[name])}</span><select id="${name}">${options.join("")}</select></label>`;
    const flags = FLAGS.map((flag) => `<label><input type="checkbox" id="${flag}"> ${escaped(texts[flag])}</label>`);
    at("sizes").dataset.names = "";
    at("choices").innerHTML = `${pick("cell", cells)}${pick("convention", stored)}${flags.join("")}${pick("merge_mode", modes)}<button type="button" id="reset">${escaped(texts.reset)}</button>`;
  }

  function changed(input) {
    const name = input.name || input.id;
    if (name in data.limits || data.cells[page.state.cell].sizes.includes(name)) {
      const number = whole(input.value, limits(data, name));
      if (number !== null) page.set({ [name]: number }, name);
    } else if (FLAGS.includes(name)) page.set({ [name]: input.checked }, name);
    else if (name === "merge_mode") page.set({ [name]: data.merge_modes.find((mode) => modeText(mode) === input.value) }, name);
    else {
      const changes = { [name]: input.value };
      // A new cell is counted as Keras stores it, where Keras has it.
      if (name === "cell") changes.convention = data.cells[input.value].stored.keras ? "keras" : "equations";
      page.set(changes, name);
    }
  }

  at("form").addEventListener("submit", (event) => event.preventDefault());
  at("sizes").addEventListener("input", (event) => changed(event.target));
  // A box that was left empty, or too large, shows the size again.
  at("sizes").addEventListener("change", (event) => (event.target.value = page.state[event.target.name]));
  at("choices").addEventListener("change", (event) => changed(event.target));
  at("choices").addEventListener("click", (event) => {
    if (event.target.id !== "reset") return;
    ends = {};
    page.begin();
  });

  function update() {
    const { state, texts } = page;
    const cell = data.cells[state.cell];
    const names = sizeNames(data, state.cell);
    if (at("sizes").dataset.names !== names.join()) {
      at("sizes").innerHTML = names.map(size).join("");
      at("sizes").dataset.names = names.join();
    }
    for (const name of names) {
      const [least, most, end] = limits(data, name);
      const slider = at(`${name}-slider`);
      const box = at(`${name}-number`);
      ends[name] = Math.max(ends[name] || end, Math.min(most, state[name]));
      slider.max = ends[name];
      slider.value = state[name];
      slider.setAttribute("aria-valuetext", `${state[name]} ${texts[name] || name}`);
      if (document.activeElement !== box || whole(box.value, [least, most]) !== state[name]) box.value = state[name];
      slider.disabled = box.disabled = name === "features" && Boolean(cell.ties);
    }
    for (const option of at("convention").options) {
      const stored = cell.stored[option.value];
      option.disabled = !stored || stored.count[+state.use_bias] == null;
    }
    for (const name of ["cell", "convention"]) at(name).value = state[name];
    for (const flag of FLAGS) at(flag).checked = state[flag];
    at("merge_mode").value = modeText(state.merge_mode);
    at("merge_mode").disabled = !state.bidirectional;
    at("more").checked = page.more;
  }

  // A sentence on what one control moved, and what it left as it was.
  function say(name, before, notes) {
    const { state, texts } = page;
    const now = page.shown.now.count;
    const difference = now - before;
    const words = {
      name: texts[name] || name,
      value: name === "convention" ? data.conventions[state.convention].title : state[name],
      count: count(now),
      difference: difference
        ? filled(difference > 0 ? texts.more : texts.fewer, { number: count(Math.abs(difference)) })
        : texts.same_count,
    };
    const named = name === "cell" || name === "convention";
    const which = named ? "changed" : (difference ? "changed" : "unchanged") + (typeof state[name] === "number" ? "" : "_option");
    write("says", [filled(texts[which], words), ...notes].join(" "));
    flash?.cancel();
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) {
      flash = at("says").animate([{ background: "var(--high)" }, { background: "transparent" }], 600);
    }
  }

  // On a small screen the sizes and the picture are seen at once without the other choices.
  at("options").open = innerWidth >= 600;
  make();
  return { make, update, say };
}
