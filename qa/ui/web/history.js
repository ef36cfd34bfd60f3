// Conversations kept in this browser, if its person wants that. Gradio gives `element`.
//
// Each lies under a key of its own, as the server wrote it: questions and places, no HTML and no
// word of a document. Another tab may write too: a conversation that another has gone on with is
// not written over, but kept once more under a new name. All text is set as text.
const find = (selector) => element.querySelector(selector);
const WANTED = "pincite-keep";
const PREFIX = "pincite-conversation:";
const MOST = 50;
const MOST_CHARS = 2_000_000;
const LONGEST_TITLE = 200;
const box = find(".keep input");
const renamed = new Map(); // name on the server → name here, where another tab has gone on
const seen = new Map(); // name here → the stamp under which this tab has read or written it
let latest = null; // the conversation on the page, as the server told it last
let wanted = ""; // the conversation to be reopened
let agreed = () => {}; // what is done when the person is sure

const newName = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const nameOf = (conversation) => renamed.get(conversation?.name) ?? conversation?.name;
const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const isOn = () => localStorage.getItem(WANTED) === "yes";
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
const forget = (name) => localStorage.removeItem(PREFIX + name);

function read(name) {
  try {
    const entry = JSON.parse(localStorage.getItem(PREFIX + name));
    const whole = typeof entry?.title === "string" && Number.isFinite(entry.at) && Array.isArray(entry.turns);
    return whole ? { ...entry, name } : null;
  } catch {
    return null;
  }
}

// The newest first; one that is damaged counts as the oldest.
function all() {
  const names = keys().map((key) => key.slice(PREFIX.length));
  const entries = names.map((name) => read(name) ?? { name, title: "(damaged)", at: 0, turns: [] });
  return entries.sort((one, other) => other.at - one.at || (one.name < other.name ? -1 : 1));
}

function makeRoomFor(name, text) {
  const others = all().filter((entry) => entry.name !== name);
  let chars = others.reduce((sum, entry) => sum + localStorage.getItem(PREFIX + entry.name).length, text.length);
  while (others.length && (others.length >= MOST || chars > MOST_CHARS)) {
    const oldest = others.pop().name;
    chars -= localStorage.getItem(PREFIX + oldest).length;
    forget(oldest);
  }
}

function put(key, value) {
  try {
    localStorage.setItem(key, value);
    tell("");
    return true;
  } catch {
    tell("This browser has no room left for conversations, or keeps nothing of this page. The last answer is not kept; delete some.");
    return false;
  }
}

const asksSomething = (turn) => turn.kind !== "remark";
const titleOf = (turns) => (turns.find(asksSomething) ?? turns[0]).message.slice(0, LONGEST_TITLE);

function save(conversation) {
  let name = nameOf(conversation);
  const before = read(name);
  const ours = before?.stamp === seen.get(name);
  if (!conversation.turns.length) {
    if (before && ours) forget(name); // its only question was taken back
    return;
  }
  const same = before && JSON.stringify(before.turns) === JSON.stringify(conversation.turns);
  if (same) return;
  if (before && !ours) {
    name = newName();
    renamed.set(conversation.name, name);
  }
  const stamp = newName();
  const title = (ours && before?.title) || titleOf(conversation.turns);
  const text = JSON.stringify({ title, at: Date.now(), stamp, turns: conversation.turns });
  makeRoomFor(name, text);
  if (put(PREFIX + name, text)) seen.set(name, stamp);
}

// From the page: each time that the conversation has changed on the server.
function keep(text) {
  latest = text ? JSON.parse(text) : null;
  if (latest?.name && isOn()) save(latest);
  draw();
}

// Drawing

function tell(fault) {
  find(".fault").textContent = fault;
}

function row(entry, open) {
  const line = document.createElement("li");
  const again = document.createElement("button");
  again.className = "again";
  if (entry.name === open) again.setAttribute("aria-current", "true");
  const title = document.createElement("span");
  title.className = "title";
  title.textContent = title.title = entry.title;
  const when = document.createElement("span");
  when.className = "when";
  const day = new Date(entry.at).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  when.textContent = entry.at ? `${day} · ${counted(entry.turns.filter((turn) => turn && asksSomething(turn)).length, "question")}` : "";
  again.append(title, when);
  const remove = document.createElement("button");
  remove.className = "remove";
  remove.title = "Delete";
  remove.textContent = "✕";
  remove.setAttribute("aria-label", `Delete ${entry.title}`);
  again.dataset.name = remove.dataset.name = entry.name;
  line.append(again, remove);
  return line;
}

function draw() {
  const entries = all();
  box.checked = isOn();
  find(".many").textContent = entries.length ? `(${entries.length})` : "";
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.name : undefined;
  find(".conversations").replaceChildren(...entries.map((entry) => row(entry, nameOf(latest))));
  find(".wipe").hidden = !entries.length;
  if (focused) find(`.again[data-name="${CSS.escape(focused)}"]`)?.focus();
}

function ask(question, yes, then) {
  find(".sure p").textContent = question;
  find(".sure .yes").textContent = yes;
  find(".sure").hidden = false;
  find(".sure .no").focus();
  agreed = then;
}

function close() {
  find(".sure").hidden = true;
  box.focus();
  draw();
}

function wipe() {
  for (const key of keys()) localStorage.removeItem(key);
  tell("");
}

// Events

box.addEventListener("change", () => {
  const count = keys().length;
  if (box.checked) {
    if (put(WANTED, "yes") && latest?.name) save(latest);
    draw();
  } else if (!count) {
    localStorage.removeItem(WANTED);
    close();
  } else {
    ask(`To switch this off deletes ${counted(count, "conversation")} from this browser.`, "Delete, switch off", () => {
      localStorage.removeItem(WANTED);
      wipe();
    });
  }
});

const actions = {
  no: close,
  yes: () => {
    agreed();
    close();
  },
  wipe: () => ask(`Delete ${counted(keys().length, "conversation")} from this browser?`, "Delete", wipe),
  remove: (button) => {
    const next = (button.closest("li").nextElementSibling ?? button.closest("li").previousElementSibling)?.querySelector(".remove").dataset.name;
    forget(button.dataset.name);
    tell("");
    draw();
    (next ? find(`.remove[data-name="${CSS.escape(next)}"]`) : box).focus();
  },
  again: (button) => {
    const { name } = button.dataset;
    const { turns, stamp } = read(name) ?? { turns: [] };
    wanted = JSON.stringify({ name, turns });
    renamed.delete(name);
    seen.set(name, stamp);
    pincite.makeRoom();
    document.querySelector("#reopen").click();
    document.querySelector("#box textarea").focus({ preventScroll: true });
  },
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) actions[button.className](button);
});
element.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || find(".sure").hidden) return;
  event.stopPropagation();
  close();
});
addEventListener("storage", draw); // another tab has kept or deleted something

pincite.history = { keep, chosen: () => [wanted] };
draw();
