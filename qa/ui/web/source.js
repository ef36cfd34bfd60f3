// The source panel. Gradio gives `element`, `props`, `server` and `watch`.
//
// A document's HTML is fetched once and stays while its sentences are visited; a sentence comes as
// the HTML of the paragraphs it touches. All HTML comes escaped from `qa.ui.render`; everything
// else is set as text.
const find = (selector) => element.querySelector(selector);
const scroll = find(".scroll");
const text = find(".text");
const nothing = { ref: "", document: "", title: "Source", place: "", copy: "", marked: [], length: 0, pdf: false, link: "", site: "" };
const missing = { ...nothing, title: "Source not available", place: "It cannot be read at the moment; try again." };
const original = new Map(); // paragraph → its HTML before a sentence was marked in it
let shown = nothing;
let loaded = ""; // the document whose text is in the panel
let chip = null; // the citation that was followed last
let newest = 0;
let asPage = false; // a PDF is shown as its pages, not as its text
let turning = 0;
let leaf = null; // the page shown, as `open_page` gave it

const pane = () => element.closest("#right");
// On a narrow window the panel comes up over the chat, and takes and gives back the focus.
const isSheet = () => getComputedStyle(pane()).position === "fixed";

// One promise for each click, so that none is lost; only the newest is drawn.
async function open(ref, { reveal = true } = {}) {
  const mine = ++newest;
  if (reveal) {
    pane().classList.add("open");
    if (isSheet()) scroll.focus({ preventScroll: true });
  }
  let view = nothing;
  let html = null;
  try {
    if (ref) view = (await server.open_source(ref)) ?? missing;
    if (view.document && view.document !== loaded) html = await server.read_document(view.document);
  } catch {
    view = missing;
  }
  if (mine !== newest) return;
  if (html !== null || !view.document) {
    original.clear();
    text.innerHTML = html ?? "";
    loaded = view.document;
    scroll.scrollTop = 0;
  }
  shown = view;
  mark();
  find(".name b").textContent = find(".name b").title = view.title;
  find(".name span").textContent = find(".name span").title = view.place;
  const web = find(".web");
  web.hidden = !/^https?:/.test(view.link);
  if (web.hidden) web.removeAttribute("href");
  else web.href = view.link;
  web.title = `Open ${view.link} in a new tab`;
  web.textContent = view.site;
  find(".empty").hidden = Boolean(view.document);
  paint();
  await turn(null);
  centre();
}

// The picture of a page, that of the sentence where no number is given; or back to the text.
async function turn(number) {
  const mine = ++turning;
  const button = find(".leaf");
  const wanted = asPage && shown.pdf;
  button.hidden = !shown.pdf;
  button.setAttribute("aria-pressed", String(wanted));
  if (wanted) {
    const view = await server.open_page([shown.ref, number]).catch(() => null);
    if (mine !== turning) return;
    leaf = view;
    const picture = find(".sheet img");
    picture.hidden = !view?.image;
    if (view?.image) {
      picture.src = view.image;
      picture.alt = `Page ${view.page} of ${shown.title}`;
      await picture.decode().catch(() => {});
    }
    find(".sheet p").textContent = view ? view.note : missing.place;
    find(".sheet .number").textContent = view?.page ? `Page ${view.page} of ${view.count}` : "";
    find(".sheet .back").disabled = !view?.page || view.page <= 1;
    find(".sheet .forth").disabled = !view?.page || view.page >= view.count;
  }
  text.hidden = find(".ticks").hidden = wanted;
  find(".sheet").hidden = !wanted;
  if (wanted) {
    const picture = find(".sheet img");
    scroll.scrollTop = Math.max(0, picture.offsetTop + (leaf?.top ?? 0) * picture.clientHeight - scroll.clientHeight * 0.3);
  }
}

function togglePage() {
  asPage = !asPage;
  return turn(null).then(centre);
}

function mark() {
  for (const [paragraph, html] of original) {
    paragraph.innerHTML = html;
    paragraph.classList.remove("context");
  }
  original.clear();
  for (const [number, html] of shown.marked) {
    const paragraph = text.children[number];
    original.set(paragraph, paragraph.innerHTML);
    paragraph.innerHTML = html;
    paragraph.classList.add("context");
  }
}

function centre() {
  const hit = find(".hit");
  if (!hit || text.hidden) return;
  const offset = hit.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
  scroll.scrollTop += offset - scroll.clientHeight * 0.3;
}

function current(chips) {
  const at = chips.indexOf(chip);
  return at >= 0 ? at : chips.findIndex((each) => each.getAttribute("href") === shown.ref);
}

// The document that a reference points into, and where its sentence starts.
function placeOf(ref) {
  const [, document, start] = /^#c:(\w+):(\d+)-/.exec(ref) ?? [];
  return { document, start: Number(start) };
}

// Chips, counter, buttons and ticks, from what the chat holds now.
function paint() {
  const chips = pincite.chips();
  for (const each of chips) {
    if (each.getAttribute("href") === shown.ref) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
  const at = shown.ref ? current(chips) : -1;
  find(".counter").textContent = chips.length ? `${at < 0 ? "–" : at + 1} / ${chips.length}` : "";
  find(".previous").disabled = at <= 0;
  find(".next").disabled = at < 0 || at >= chips.length - 1;
  find(".copy").disabled = !shown.copy;
  drawTicks(chips);
}

// One tick for each cited sentence of the document shown.
function drawTicks(chips) {
  const ticks = new Map();
  for (const each of chips) {
    const place = placeOf(each.getAttribute("href"));
    if (place.document && place.document === shown.document) ticks.set(place.start, each);
  }
  const here = shown.copy ? placeOf(shown.ref).start : -1;
  find(".ticks").replaceChildren(...[...ticks].map(([start, each]) => {
    const tick = document.createElement("button");
    tick.style.top = `${(100 * start) / shown.length}%`;
    tick.tabIndex = -1;
    tick.classList.toggle("current", start === here);
    tick.addEventListener("click", () => follow(each));
    return tick;
  }));
}

function follow(target) {
  chip = target;
  const folded = target.closest("details");
  if (folded) folded.open = true;
  return open(target.getAttribute("href"));
}

function step(by) {
  const chips = pincite.chips();
  const target = chips[current(chips) + by];
  if (!target) return;
  follow(target);
  target.scrollIntoView({ block: "nearest" });
}

async function copy() {
  if (!shown.copy) return;
  const done = await pincite.copyText(shown.copy);
  const button = find(".copy");
  button.textContent = done ? "Copied" : "Not copied";
  setTimeout(() => (button.textContent = "Copy"), 1400);
}

function close() {
  if (pane().contains(document.activeElement) && isSheet()) chip?.focus();
  pane().classList.remove("open");
}

const actions = {
  previous: () => step(-1), next: () => step(1), copy, close, leaf: togglePage,
  back: () => turn(leaf.page - 1), forth: () => turn(leaf.page + 1),
};
element.addEventListener("click", (event) => {
  const name = event.target.closest("header button, .sheet button")?.className;
  if (name) actions[name]();
});
watch("value", () => {
  chip = null;
  open(props.value?.ref ?? "", { reveal: false });
});
new ResizeObserver(centre).observe(scroll);
pincite.source = { open, follow, step, copy, close, paint };
