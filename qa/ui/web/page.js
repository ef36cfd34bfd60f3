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

  const closeSidebar = () => document.querySelector("#documents.open .toggle-button")?.click();

  // Gradio names each message by its raw HTML.
  const nameMessages = () => {
    for (const message of document.querySelectorAll("#chat [data-testid=bot], #chat [data-testid=user]")) {
      const who = message.dataset.testid === "bot" ? "Answer: " : "Question: ";
      const name = who + message.innerText.replace(/\s+/g, " ").trim();
      if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
    }
  };

  pincite.ready = () => {
    applyTheme(wantsDark()); // Gradio resets it while mounting
    if (innerWidth < NARROW) closeSidebar();
    new MutationObserver(() => {
      nameMessages();
      pincite.source?.paint();
    }).observe(document.querySelector("#chat"), { childList: true, subtree: true, characterData: true });
    document.body.dataset.ready = "yes";
  };

  addEventListener("click", (event) => {
    const target = event.target.closest?.("#chat a.cite, #documents button.open");
    if (!target || !pincite.source) return;
    event.preventDefault();
    event.stopPropagation();
    if (target.matches("a.cite")) {
      pincite.source.follow(target);
    } else {
      if (innerWidth < NARROW) closeSidebar();
      pincite.source.open(target.value);
    }
  }, true);

  const KEYS = {
    "/": () => document.querySelector("#box textarea")?.focus(),
    "[": () => pincite.source?.step(-1),
    "]": () => pincite.source?.step(1),
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
    // The chips look and sound like buttons: the space bar works them too.
    if (event.key === " " && event.target.matches?.("a.cite")) {
      event.preventDefault();
      event.target.click();
    } else if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
})();
