// The documents panel. Gradio gives `element`, `props` and `server`.
//
// `props.value` says what is ticked and comes with each question: all but some, or none but some,
// so that a list of thousands stays short. All HTML comes escaped from `qa.ui.documents`;
// everything else is set as text.
const find = (selector) => element.querySelector(selector);
const list = find(".documents");
const search = find(".find input");
const POLL_MS = 300;
const SEARCH_MS = 120;
const but = new Set();
let base = "all";
let shown = null; // the library as it was drawn last
let newest = 0;
let refused = []; // what was not taken in since files were added last
let sending = 0;

const ticked = (path) => (base === "all") !== but.has(path);

function tell() {
  props.value = { base, but: [...but] };
  for (const box of list.querySelectorAll("input")) box.checked = ticked(box.value);
  count();
}

const number = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function count() {
  if (!shown) return;
  const { total, passages, found } = shown;
  const asked = base === "all" ? total - but.size : but.size;
  const sizes = `${number(total, "document")}, ${number(passages, "passage")}`;
  const parts = [asked === total ? sizes : `${asked.toLocaleString("en")} of ${number(total, "document")} ticked`];
  if (search.value.trim()) parts.push(`${found.toLocaleString("en")} found`);
  find(".counts").textContent = parts.join(" · ");
}

// null where the server is gone; the chat says so, and the next call finds it again.
const call = (name, value = null) => server[name](value).catch(() => null);

// The newest list is drawn, whichever answer comes last.
async function draw() {
  const mine = ++newest;
  const library = await call("list_documents", search.value);
  if (mine !== newest || !library) return;
  shown = library;
  list.innerHTML = library.rows;
  find(".rest").textContent = library.rest;
  find(".hint").textContent = library.hint;
  find(".files").accept = library.accept;
  const unreadable = find(".unreadable");
  unreadable.hidden = !library.unreadable_count;
  unreadable.querySelector("summary").textContent = `${number(library.unreadable_count, "file")} could not be read`;
  unreadable.querySelector("ul").innerHTML = library.unreadable;
  tell();
}

// All or none: of what the search finds, or of everything.
async function tick(on) {
  if (!search.value.trim()) {
    base = on ? "all" : "none";
    but.clear();
  } else {
    for (const path of (await call("find_paths", search.value)) ?? []) set(path, on);
  }
  tell();
}

function set(path, on) {
  if (on === (base === "all")) but.delete(path);
  else but.add(path);
}

// Files

const folded = (name) => name.toLowerCase().replace(/\.gz$/, "");

function refusal(file) {
  const kinds = shown.accept.split(",");
  if (!kinds.some((kind) => folded(file.name).endsWith(kind))) {
    return `${file.name} is not a kind of file that can be read. Files may end in ${kinds.join(", ")}.`;
  }
  if (file.size > shown.file_bytes) {
    return `${file.name} has ${(file.size / 1e6).toFixed(1)} MB, at most ${shown.file_bytes / 1e6} MB are taken.`;
  }
  return "";
}

async function send(file) {
  const address = `uploads/${encodeURIComponent(file.name)}`;
  try {
    const response = await fetch(address, { method: "PUT", body: file });
    return response.ok ? "" : (await response.json()).message;
  } catch {
    return `${file.name} could not be sent. Is it a folder, or has the page lost its server?`;
  }
}

async function add(files) {
  if (!files.length || !shown) return;
  if (!sending) refused = [];
  sending += files.length;
  let taken = 0;
  for (const file of files) {
    work({ working: true, share: 0, text: `Adding ${file.name}`, notes: [] });
    const reason = refusal(file) || (await send(file));
    if (reason) refused.push(reason);
    else taken += 1;
    sending -= 1;
  }
  if (sending) return; // more were dropped meanwhile: whoever is last goes on
  work(taken ? await call("start_indexing") : { working: false, notes: [] });
  if (taken) follow();
}

function work(state) {
  const working = Boolean(state?.working);
  find(".work").hidden = !working;
  find(".stop").hidden = sending > 0;
  if (working) {
    find("progress").value = state.share;
    find(".doing").textContent = state.text;
  }
  const notes = [...refused, ...(state?.notes ?? [])];
  find(".notes").replaceChildren(...notes.map((text) => {
    const note = document.createElement("p");
    note.textContent = text;
    return note;
  }));
}

let following = false;
async function follow() {
  if (following) return;
  following = true;
  try {
    for (;;) {
      const state = await call("show_work");
      if (!sending) work(state);
      if (!state?.working) break;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  } finally {
    following = false;
  }
  await draw();
}

async function remove(path) {
  const fault = (await call("remove_document", path)) ?? "The page has lost its server. Try again.";
  refused = fault ? [fault] : [];
  but.delete(path);
  work(null);
  await draw();
}

// Events

list.addEventListener("change", (event) => {
  set(event.target.value, event.target.checked);
  tell();
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".all")) tick(true);
  else if (button.matches(".none")) tick(false);
  else if (button.matches(".add")) find(".files").click();
  else if (button.matches(".stop")) call("stop_indexing");
  else if (button.matches(".remove")) remove(button.value);
});
find(".files").addEventListener("change", (event) => {
  const files = [...event.target.files];
  event.target.value = ""; // so that the same file can be chosen again
  add(files);
});

let waiting = 0;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(draw, SEARCH_MS);
});

const panel = element.closest("#documents") ?? element;
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
let inside = 0;
const lit = (on) => find(".library").classList.toggle("dropping", on);
panel.addEventListener("dragenter", (event) => {
  if (!holdsFiles(event)) return;
  inside += 1;
  lit(true);
});
panel.addEventListener("dragleave", (event) => {
  if (!holdsFiles(event)) return;
  inside = Math.max(0, inside - 1);
  lit(inside > 0);
});
// A file dropped beside the panel would open in place of the page.
addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  inside = 0;
  lit(false);
  if (panel.contains(event.target)) add([...event.dataTransfer.files]);
});
addEventListener("focus", draw); // the folder may have changed meanwhile

props.value = { base, but: [] };
draw().then(follow);
