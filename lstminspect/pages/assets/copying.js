// What the reader takes along: code, the address, and the figures as SVG.
import { heat } from "./draw.js";
import { copied, copies, saved } from "./leaving.js";
import { at, write } from "./place.js";
import { address } from "./state.js";
import { shade, traceOf } from "./tables.js";
import { filled } from "./words.js";

const COPIES = ["keras", "pytorch", "command", "link"];

export function copying(page) {
  const { data } = page;

  function make() {
    at("copies").innerHTML = copies(COPIES, page.texts, page.texts.copy_button);
  }

  function update() {
    const { texts } = page;
    const code = page.shown.now.code;
    // A page inside another one has no address of its own.
    const before = location.protocol === "about:" ? "" : location.href.split("#")[0];
    const contents = { ...code, link: before + address(page) };
    for (const name of COPIES) {
      const title = data.conventions[name]?.title || texts[`copy_${name}`];
      const none = name === "command" ? texts.copy_own : filled(texts.copy_none, { title });
      write(`copy-${name}`, contents[name] || none);
      document.querySelector(`[data-copy="${name}"]`).disabled = !contents[name];
    }
  }

  function svgOf(name) {
    if (name === "trace") return heat(traceOf(data, page.state, page.texts), shade, page.texts);
    return at(`${name}-figure`).querySelector("svg").outerHTML;
  }

  function save(name) {
    const svg = svgOf(name).replace("<svg ", '<svg style="color:#1c2024;background:#fff" ');
    saved(svg, `${page.state.cell}-${page.state.units}-units-${name}`);
  }

  at("copies").addEventListener("click", async ({ target }) => {
    const name = target.dataset.copy;
    if (!name) return;
    const done = await copied(name);
    const { texts } = page;
    write("copy-says", done ? filled(texts.copied, { what: texts[`copy_${name}`] }) : texts.not_copied);
  });
  document.addEventListener("click", ({ target }) => target.dataset?.svg && save(target.dataset.svg));
  make();
  return { make, update };
}
