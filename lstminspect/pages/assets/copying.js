// What the reader takes along: code, the address, and the figures as SVG.
import { escaped, heat } from "./draw.js";
import { at, write } from "./place.js";
import { address } from "./state.js";
import { filled, shade, traceOf } from "./tables.js";

const COPIES = ["keras", "pytorch", "command", "link"];

export function copying(page) {
  const { data } = page;

  function make() {
    const { texts } = page;
    at("copies").innerHTML = COPIES.map((name) => {
      const title = texts[`copy_${name}`];
      return `<div><h3>${escaped(title)}</h3><pre id="copy-${name}" tabindex="0"></pre><button type="button" data-copy="${name}" aria-label="${escaped(`${texts.copy_button}: ${title}`)}">${escaped(texts.copy_button)}</button></div>`;
    }).join("");
  }

  function update() {
    const { texts } = page;
    const code = page.shown.now.code;
    // A page inside another one has no address of its own.
    const before = location.protocol === "about:" ? "" : location.href.split("#")[0];
    const copies = { ...code, link: before + address(page) };
    for (const name of COPIES) {
      const title = data.conventions[name]?.title || texts[`copy_${name}`];
      write(`copy-${name}`, copies[name] || filled(texts.copy_none, { title }));
      document.querySelector(`[data-copy="${name}"]`).disabled = !copies[name];
    }
  }

  async function copied(text) {
    getSelection().selectAllChildren(text);
    try {
      await navigator.clipboard.writeText(text.textContent);
      return true;
    } catch {
      return document.execCommand("copy");
    }
  }

  function svgOf(name) {
    if (name === "trace") return heat(traceOf(data, page.state, page.texts), shade, page.texts);
    return at(`${name}-figure`).querySelector("svg").outerHTML;
  }

  function save(name) {
    const svg = svgOf(name).replace("<svg ", '<svg style="color:#1c2024;background:#fff" ');
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    link.download = `${page.state.cell}-${page.state.units}-units-${name}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  at("copies").addEventListener("click", async ({ target }) => {
    const name = target.dataset.copy;
    if (!name) return;
    const done = await copied(at(`copy-${name}`));
    const { texts } = page;
    write("copy-says", done ? filled(texts.copied, { what: texts[`copy_${name}`] }) : texts.not_copied);
  });
  document.addEventListener("click", ({ target }) => target.dataset?.svg && save(target.dataset.svg));
  make();
  return { make, update };
}
