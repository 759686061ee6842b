// Texts of a page: words put in, and what HTML would read as its own.
export const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function filled(text, words) {
  return text.replace(/\{([a-z_]+)\}/g, (all, name) => (name in words ? words[name] : all));
}
