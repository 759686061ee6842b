// A form for each question, made from the table of the engine, and its values as a question.
import { escaped, filled } from "./words.js";

// An input that is neither on nor off unless somebody says so is a list.
const formOf = (input, forms) => (forms[input.takes] === "box" && input.default === null ? "three" : forms[input.takes]);

const listed = (choices, labels, value) =>
  choices.map((each, at) => `<option value="${escaped(each)}"${each === value ? " selected" : ""}>${escaped(labels[at])}</option>`).join("");

function control(input, form, id, texts) {
  const described = `id="${id}" name="${input.name}" aria-describedby="${id}-hint"`;
  const value = input.default === null ? "" : String(input.default);
  const needed = input.needed ? " required" : "";
  if (form === "lines") return `<textarea ${described} rows="7" spellcheck="false" autocapitalize="off" autocorrect="off"${needed}></textarea>`;
  if (form === "box") return `<input type="checkbox" ${described}${input.default ? " checked" : ""}>`;
  if (form === "three") return `<select ${described}>${listed(["", "true", "false"], [texts.unset, texts.yes, texts.no], "")}</select>`;
  if (form === "list") {
    const first = input.default === null && !input.needed ? [""] : [];
    return `<select ${described}>${listed([...first, ...input.choices], [...first.map(() => texts.unset), ...input.choices], value)}</select>`;
  }
  return `<input type="text" ${described} value="${escaped(value)}" spellcheck="false" autocapitalize="off" autocomplete="off"${needed}>`;
}

function field(about, input, forms, texts) {
  const form = formOf(input, forms);
  const id = `input-${input.name}`;
  const hint = texts.inputs[`${about}.${input.name}`] || texts.inputs[input.name];
  const note = `<span class="note" id="${id}-hint">${escaped(hint)}</span>`;
  if (form === "boxes") {
    const boxes = input.choices.map((each) => `<label><input type="checkbox" name="${input.name}" value="${escaped(each)}" data-form="boxes"> ${escaped(each)}</label>`);
    return `<fieldset class="field wide" aria-describedby="${id}-hint"><legend>${escaped(input.name)}</legend>${note}<div class="boxes">${boxes.join("")}</div></fieldset>`;
  }
  const label = `<label for="${id}">${escaped(input.name)}</label>`;
  const inner = control(input, form, id, texts);
  if (form === "box") return `<div class="field box">${inner}${label}${note}</div>`;
  return `<div class="field${form === "lines" ? " wide" : ""}">${label}${inner}${note}</div>`;
}

// The fields of a question: those that matter at once, and all others below.
export function fieldsOf(about, question, forms, texts) {
  const shown = (inputs) => `<div class="fields">${inputs.map((each) => field(about, each, forms, texts)).join("")}</div>`;
  const first = question.inputs.filter((each) => each.first);
  const others = question.inputs.filter((each) => !each.first);
  const more = others.length ? `<details><summary>${escaped(filled(texts.more, { number: others.length }))}</summary>${shown(others)}</details>` : "";
  return shown(first) + more;
}

// The values that differ from their defaults; a permalink and a question hold no others.
export function valuesOf(form, question, forms) {
  const values = {};
  for (const input of question.inputs) {
    const kind = formOf(input, forms);
    if (kind === "boxes") {
      const on = [...form.querySelectorAll(`[name="${input.name}"]:checked`)].map((each) => each.value);
      if (on.length) values[input.name] = on;
      continue;
    }
    const element = form.elements[input.name];
    if (kind === "box") {
      if (element.checked !== Boolean(input.default)) values[input.name] = element.checked;
    } else if (kind === "three") {
      if (element.value) values[input.name] = element.value === "true";
    } else if (element.value.trim() && element.value !== String(input.default)) values[input.name] = element.value;
  }
  return values;
}

// The values put into the form, all others at their defaults.
export function fill(form, question, forms, values) {
  for (const input of question.inputs) {
    const kind = formOf(input, forms);
    const has = Object.hasOwn(values, input.name);
    const value = has ? values[input.name] : input.default;
    if (kind === "boxes") {
      const on = (Array.isArray(value) ? value : String(value ?? "").split(",")).map(String);
      for (const each of form.querySelectorAll(`[name="${input.name}"]`)) each.checked = on.includes(each.value);
      continue;
    }
    const element = form.elements[input.name];
    if (kind === "box") element.checked = value === true || value === "true";
    else element.value = value === null ? "" : String(value);
    if (has && !input.first && element.closest("details")) element.closest("details").open = true;
  }
}

export function address(about, values) {
  const words = new URLSearchParams({ about });
  for (const [name, value] of Object.entries(values)) words.set(name, value);
  return `#${words}`;
}

// The question in an address, and what the form has in it; everything else in it is left out.
export function fromAddress(questions, hash) {
  const words = Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));
  const about = Object.hasOwn(questions, words.about || "") ? words.about : null;
  const names = about ? questions[about].inputs.map((each) => each.name) : [];
  const values = Object.entries(words).filter(([name]) => names.includes(name));
  return { about, values: Object.fromEntries(values) };
}
