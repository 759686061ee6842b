// Places of the page: a browser is slow where a place is written again, so what is equal stays.
export const at = (id) => document.getElementById(id);

const standing = new Map();

export function write(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

export function put(id, html) {
  if (standing.get(id) === html) return;
  standing.set(id, html);
  const template = document.createElement("template");
  template.innerHTML = html;
  moved(at(id), template.content);
}

// `node` with the children of another one; equal nodes keep their layout and their focus.
function moved(node, other) {
  const olds = [...node.childNodes];
  const news = [...other.childNodes];
  for (const surplus of olds.slice(news.length)) surplus.remove();
  news.forEach((now, number) => {
    const old = olds[number];
    if (!old) node.append(now);
    else if (old.nodeName !== now.nodeName) old.replaceWith(now);
    else if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== now.data) old.data = now.data;
    } else if (!old.isEqualNode(now)) {
      for (const name of old.getAttributeNames()) if (!now.hasAttribute(name)) old.removeAttribute(name);
      for (const name of now.getAttributeNames()) {
        if (old.getAttribute(name) !== now.getAttribute(name)) old.setAttribute(name, now.getAttribute(name));
      }
      moved(old, now);
    }
  });
}
