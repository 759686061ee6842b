// The laboratory: a question, its form, its answer.
import { inWorker, lacking, overHttp } from "./ask.js";
import { address, fieldsOf, fill, fromAddress, valuesOf } from "./form.js";
import { copied, copies, saved } from "./leaving.js";
import { at, write } from "./place.js";
import { escaped, filled } from "./words.js";

// An address that is longer does not pass through every program.
const LONGEST_ADDRESS = 8000;
// After the last key, before a question is asked.
const PAUSE = 350;

export function start(data, texts) {
  const form = at("form");
  let about = null;
  let asks = 0;
  let timer = 0;
  let answered = null;
  let who = null;

  const examples = () => {
    const able = Object.entries(data.questions).filter(([, each]) => !each.needs.length);
    return Object.fromEntries(able.map(([name, each]) => [name, { about: name, ...each.example }]));
  };

  function told({ stage, seconds, fault }) {
    write("state", filled(texts.stages[stage], { seconds: seconds ? seconds.toFixed(1) : "", fault: fault || "" }));
    at("starting").hidden = ["ready", "failed"].includes(stage);
    document.documentElement.dataset.stage = stage;
  }

  function show(name, values) {
    about = name;
    const question = data.questions[name];
    const words = texts.questions[name];
    at("question-title").textContent = words.title;
    at("question-lead").textContent = words.lead;
    at("fields").innerHTML = fieldsOf(name, question, data.forms, texts);
    fill(form, question, data.forms, values);
    for (const link of document.querySelectorAll("[data-about]")) {
      if (link.dataset.about === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${words.title} – ${texts.title}`;
    ask();
  }

  async function ask() {
    clearTimeout(timer);
    const values = valuesOf(form, data.questions[about], data.forms);
    const question = { about, ...values };
    const hash = address(about, values);
    const short = hash.length <= LONGEST_ADDRESS;
    if (location.hash !== hash && location.protocol !== "about:") history.replaceState(null, "", short ? hash : `#about=${about}`);
    asks += 1;
    const mine = asks;
    const letters = Object.values(values).reduce((sum, each) => sum + String(each).length, 0);
    if (letters > data.most) {
      answer({ error: { message: filled(texts.too_long, { most: data.most.toLocaleString("en") }) } }, question, null);
      return;
    }
    at("answer").setAttribute("aria-busy", "true");
    const found = await who.ask(question);
    if (mine === asks && found) answer(found, question, short ? hash : null);
  }

  function answer(found, question, hash) {
    answered = found;
    at("answer").setAttribute("aria-busy", "false");
    let { error } = found;
    if (found.late) error = { message: filled(texts.late, { seconds: found.late.toFixed(1) }) };
    if (found.gone) error = { message: texts.gone };
    if (found.ended) error = { message: filled(texts.ended, { fault: found.ended }) };
    if (found.fault) error = { message: filled(texts.fault, { fault: found.fault }) };
    showError(error);
    at("warnings").innerHTML = (found.warnings || []).map((each) => `<p>${escaped(each)}</p>`).join("");
    at("picture").hidden = !found.svg;
    at("drawing").innerHTML = found.svg || "";
    at("drawing").setAttribute("aria-label", found.picture ? found.picture.title : "");
    at("words").textContent = found.picture ? found.picture.description : "";
    at("shown").innerHTML = found.html || "";
    at("others").hidden = Boolean(error);
    if (!error) {
      at("copy-command").textContent = found.command;
      at("copy-python").textContent = found.python;
      at("copy-text").textContent = found.text;
      at("copy-json").textContent = JSON.stringify(found.json, null, 2);
    }
    const whole = location.protocol === "about:" ? hash : location.href.split("#")[0] + hash;
    at("copy-link").textContent = hash ? whole : texts.no_link;
    document.querySelector('[data-copy="link"]').disabled = !hash;
    const heading = at("shown").querySelector("h2");
    const says = error ? filled(texts.says_error, { message: error.message }) : filled(texts.says, { title: heading ? heading.textContent : texts.questions[question.about].title });
    write("says", says);
  }

  function showError(error) {
    at("error").hidden = !error;
    const fields = [...form.querySelectorAll("textarea")];
    for (const each of fields) each.removeAttribute("aria-invalid");
    if (!error) return;
    const place = error.line ? `${filled(texts.place, error)}: ` : "";
    at("message").textContent = place + error.message;
    at("caret").hidden = !error.shown;
    at("caret").textContent = error.shown || "";
    const text = fields.find((each) => error.line && each.value);
    at("goto").hidden = !text;
    if (text) {
      text.setAttribute("aria-invalid", "true");
      at("goto").textContent = filled(texts.goto, error);
      at("goto").onclick = () => {
        const before = text.value.split("\n").slice(0, error.line - 1).join("\n").length + (error.line > 1 ? 1 : 0);
        text.focus();
        text.setSelectionRange(before + error.column - 1, before + error.column);
      };
    }
  }

  async function copy(name) {
    at("says").textContent = (await copied(name)) ? filled(texts.copied, { what: texts[`copy_${name}`] }) : texts.not_copied;
  }

  at("copies").innerHTML = copies(["command", "python", "text", "json", "link"], texts, texts.copy);
  at("copies").addEventListener("click", (event) => event.target.dataset.copy && copy(event.target.dataset.copy));
  at("download").addEventListener("click", () => saved(`${answered.svg}\n`, about));
  at("print").addEventListener("click", () => window.print());
  at("example").addEventListener("click", () => show(about, data.questions[about].example));
  at("clear").addEventListener("click", () => show(about, {}));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  const opened = () => {
    const { about: name, values } = fromAddress(data.questions, location.hash);
    const first = name || Object.keys(data.questions)[0];
    show(first, Object.keys(values).length ? values : data.questions[first].example);
  };
  window.addEventListener("hashchange", () => {
    // A place of the page, as the link to the question has it, is not another question.
    if (!location.hash.includes("=")) return ask();
    opened();
    // The menu fills a small screen: what was chosen there is below it.
    at("work").focus({ preventScroll: true });
    const { top } = at("question-title").getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) at("question-title").scrollIntoView();
  });

  document.documentElement.classList.add("with-script");
  const lacks = data.answers.by === "worker" ? lacking() : [];
  if (lacks.length) {
    at("starting").hidden = true;
    at("state").textContent = filled(texts.lacking, { names: lacks.join(", ") });
    return;
  }
  at("work").hidden = false;
  who = data.answers.by === "worker" ? inWorker(data.answers, examples(), told) : overHttp(data.answers, told);
  opened();
  // For tests, and for whoever wants an answer as data.
  globalThis.lab = { ask: (question) => who.ask(question), table: data.questions };
}
