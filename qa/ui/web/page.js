// The page around the source panel: theme, keys, clicks, names for screen readers.
// Loaded in the head, before Gradio; `ready` runs once Gradio has mounted.
(() => {
  const NARROW = 960;
  const THEME = "pincite-theme";
  const pincite = (window.pincite = { source: null });

  const wantsDark = () => {
    const chosen = localStorage.getItem(THEME);
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const applyTheme = (dark) => {
    document.body.classList.toggle("dark", dark);
    const button = document.querySelector("#dark");
    if (button) button.textContent = dark ? "Light" : "Dark";
  };
  addEventListener("DOMContentLoaded", () => applyTheme(wantsDark()));

  pincite.flipTheme = () => {
    const dark = !document.body.classList.contains("dark");
    localStorage.setItem(THEME, dark ? "dark" : "light");
    applyTheme(dark);
  };

  pincite.chips = () => [...document.querySelectorAll("#chat a.cite")];

  pincite.copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without HTTPS, browsers refuse the clipboard on any address but this machine's.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  // Questions: into the box, and from there as if typed. `alone` says that what is in the box is
  // to be asked as it stands, until the box is sent or emptied.
  let alone = false;
  const box = () => document.querySelector("#box textarea");
  const fill = (question) => {
    box().value = question;
    box().dispatchEvent(new Event("input", { bubbles: true }));
    alone = true;
  };
  const ask = async (question) => {
    fill(question);
    await new Promise((next) => setTimeout(next)); // Gradio takes the text over
    document.querySelector("#box .submit-button").click();
  };
  const edit = (question) => {
    fill(question);
    box().focus();
  };
  // What Gradio sends along with a question.
  pincite.sent = (message, _alone, ...others) => {
    const sent = [message, alone, ...others];
    alone = waiting = false;
    return sent;
  };
  // Gradio puts off a question that is sent while a search ends, and forgets it if that search was
  // cancelled: then it is sent again, unless the person has gone on writing.
  let waiting = false;
  addEventListener("keydown", (event) => {
    if (event.target === box() && event.key === "Enter" && !event.shiftKey) waiting = true;
  }, true);
  addEventListener("input", (event) => {
    if (event.target !== box()) return;
    waiting = false;
    if (!box().value.trim()) alone = false;
  });
  pincite.ended = () => {
    const again = () => waiting && box().value.trim() && document.querySelector("#box .submit-button").click();
    setTimeout(again, 200); // after what Gradio itself sends now
  };

  const questionOf = (address) => new URL(address, location.href).searchParams.get("q")?.trim();
  const flash = (element, words) => {
    const before = element.textContent;
    element.textContent = words;
    setTimeout(() => (element.textContent = before), 1400);
  };
  const LINKS = {
    "a.cite": (link) => pincite.source?.follow(link),
    "a.example": (link) => ask(questionOf(link.href)),
    "a.edit": (link) => edit(questionOf(link.href)),
    "a.link": async (link) => {
      if (link.textContent !== "Copy link") return;
      flash(link, (await pincite.copyText(link.href)) ? "Link copied" : "Not copied");
    },
  };

  pincite.save = (text) => {
    if (!text) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    link.download = "questions-and-answers.md";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // On a narrow window the side bar covers the chat.
  pincite.makeRoom = () => {
    if (innerWidth < NARROW) document.querySelector("#documents.open .toggle-button")?.click();
  };

  // Gradio names each message by its raw HTML.
  const nameMessages = () => {
    for (const message of document.querySelectorAll("#chat [data-testid=bot], #chat [data-testid=user]")) {
      const who = message.dataset.testid === "bot" ? "Answer: " : "Question: ";
      const name = who + message.innerText.replace(/\s+/g, " ").trim();
      if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
    }
  };

  // A new question or answer: the question goes to the top of the view, or as far up as it can.
  let shown = "";
  const scrollToLast = () => {
    const questions = document.querySelectorAll("#chat .user-row");
    const now = `${questions.length} ${Boolean(document.querySelector("#chat .pending"))}`;
    if (now === shown) return;
    shown = now;
    const view = document.querySelector("#chat .bubble-wrap");
    const last = [...questions].at(-1);
    if (last) view.scrollTop += last.getBoundingClientRect().top - view.getBoundingClientRect().top - 12;
  };

  pincite.ready = () => {
    applyTheme(wantsDark()); // Gradio resets it while mounting
    pincite.makeRoom();
    new MutationObserver(() => {
      nameMessages();
      scrollToLast();
      pincite.source?.paint();
    }).observe(document.querySelector("#chat"), { childList: true, subtree: true, characterData: true });
    document.body.dataset.ready = "yes";
    const question = questionOf(location.href);
    if (question) ask(question);
  };

  addEventListener("click", (event) => {
    const target = event.target.closest?.("#chat a, #documents button.open");
    if (!target) return;
    const follow = Object.entries(LINKS).find(([selector]) => target.matches(selector))?.[1];
    if (!follow && !target.matches("button.open")) return;
    if (follow && (event.ctrlKey || event.metaKey) && !target.matches("a.cite")) return; // a new tab
    event.preventDefault();
    event.stopPropagation();
    if (follow) {
      follow(target);
    } else {
      pincite.makeRoom();
      pincite.source?.open(target.value);
    }
  }, true);

  const KEYS = {
    "/": () => box()?.focus(),
    "[": () => pincite.source?.step(-1),
    "]": () => pincite.source?.step(1),
    ArrowLeft: () => pincite.source?.step(-1),
    ArrowRight: () => pincite.source?.step(1),
    c: () => pincite.source?.copy(),
    Escape: () => pincite.source?.close(),
  };
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("#box textarea")) {
      event.preventDefault();
      document.querySelector("#box .submit-button").click();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key.startsWith("Arrow") && event.target.closest?.("#documents, #top")) return;
    // These links look and sound like buttons: the space bar works them too.
    if (event.key === " " && event.target.matches?.("#chat a[role=button]")) {
      event.preventDefault();
      event.target.click();
    } else if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
})();
