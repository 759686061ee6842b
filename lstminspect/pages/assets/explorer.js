// The lesson in a frame, for anywidget: the page and the model say each change to each other.
function render({ model, el }) {
  el.innerHTML = model.get("_frame");
  const page = el.querySelector("iframe");
  // The controls that every cell has are traits; the sizes of one cell are a trait together.
  const names = model.get("_names");
  const traits = [...names, "sizes"];
  // What the page shows, as text; until it has said so, it is not there.
  let known = "";
  // How many of its answers are still to come, and whether one is being taken.
  let awaited = 0;
  let hearing = false;

  function show() {
    const state = Object.fromEntries(traits.map((name) => [name, model.get(name)]));
    const text = JSON.stringify(state);
    if (!known || hearing || text === known) return;
    known = text;
    awaited += 1;
    const { sizes, ...words } = state;
    page.contentWindow.postMessage({ lstminspect: { ...words, ...sizes } }, "*");
  }

  function hear(event) {
    const said = event.source === page.contentWindow && Object(event.data).lstminspect;
    if (!said) return;
    const state = Object.fromEntries(names.map((name) => [name, said[name]]));
    state.sizes = Object.fromEntries(Object.entries(said).filter(([name]) => !names.includes(name)));
    const { begins } = event.data;
    awaited = begins ? 0 : Math.max(0, awaited - 1);
    // The answer to what is no longer asked for: a later one comes.
    if (awaited) return;
    known = JSON.stringify(state);
    // A page that is loaded, or loaded again, begins as it was made: the model may have moved since.
    if (begins) return show();
    hearing = true;
    for (const name of traits) {
      if (JSON.stringify(model.get(name)) !== JSON.stringify(state[name])) model.set(name, state[name]);
    }
    hearing = false;
    model.save_changes();
  }

  window.addEventListener("message", hear);
  for (const name of traits) model.on(`change:${name}`, show);
  return () => {
    window.removeEventListener("message", hear);
    for (const name of traits) model.off(`change:${name}`, show);
  };
}

export default { render };
