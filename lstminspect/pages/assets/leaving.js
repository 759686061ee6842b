// What leaves a page: texts, each with a button that copies it, and pictures.
import { at } from "./place.js";
import { escaped } from "./words.js";

export function copies(names, texts, button) {
  const entry = (name, title) =>
    `<div><h3>${title}</h3><pre id="copy-${name}" tabindex="0"></pre><button type="button" data-copy="${name}" aria-label="${escaped(button)}: ${title}">${escaped(button)}</button></div>`;
  return names.map((name) => entry(name, escaped(texts[`copy_${name}`]))).join("");
}

// Whether the text called `name` is copied; it is selected too, for a browser that does not let us.
export async function copied(name) {
  const text = at(`copy-${name}`);
  getSelection().selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

export function saved(svg, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  link.download = `${name}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
