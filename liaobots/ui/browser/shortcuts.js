// The keyboard shortcuts for a new chat and the search. The style sheet shows them at the links.
(() => {
  const root = document.documentElement;
  if (root.dataset.keys) return;
  root.dataset.keys = "yes";

  const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
  root.style.setProperty("--key-new", isMac ? '"⇧⌘O"' : '"Ctrl+Shift+O"');
  root.style.setProperty("--key-search", isMac ? '"⌘K"' : '"Ctrl+K"');

  const link = (number) => document.querySelectorAll('[data-testid="stSidebarNavLink"]')[number];
  const field = () => document.querySelector('.stApp input[type="search"]');
  const keys = { KeyO: { shift: true, link: 0 }, KeyK: { shift: false, link: 1 } };

  document.addEventListener("keydown", (event) => {
    const found = (event.ctrlKey || event.metaKey) && !event.altKey && keys[event.code];
    if (!found || found.shift !== event.shiftKey) return;
    event.preventDefault();
    link(found.link)?.click();
    field()?.focus();
  }, true);

  // A visitor who opens the search wants to type.
  let last = null;
  setInterval(() => {
    if (field() && field() !== last) field().focus();
    last = field();
  }, 200);
})();
