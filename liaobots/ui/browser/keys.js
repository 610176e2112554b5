// What Enter and Esc do: nothing while an input method composes; on a touch keyboard, which has no
// Shift+Enter, Enter begins a new line; and Esc closes what is open before it stops an answer.
(() => {
  const root = document.documentElement;
  if (root.dataset.keyRules) return;
  root.dataset.keyRules = "yes";

  const isTouch = matchMedia("(hover: none) and (pointer: coarse)");
  const OPEN = '[aria-expanded="true"]:not([data-testid="stExpanderToggle"], summary)';
  const FIELD = "textarea, input, [contenteditable]";
  // Safari sends the Enter that ends a composition after its end, with this code.
  const COMPOSING_CODE = 229;
  const isComposing = (event) => event.isComposing || event.keyCode === COMPOSING_CODE;
  const isInComposer = (target) => target.closest?.('[data-testid="stChatInput"]');

  let closes = false;
  // Before Streamlit and the other scripts: the window is the first to hear of a key.
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const isNewLine =
      event.key === "Enter" && isTouch.matches && isPlain && isInComposer(event.target);
    if (isNewLine || (isComposing(event) && event.target.matches?.(FIELD))) {
      event.stopImmediatePropagation();
      return;
    }
    closes = event.key === "Escape" && Boolean(document.activeElement?.closest(OPEN));
  }, true);
  // What is open has heard of the key by now; the shortcut of Stop listens at the document.
  document.body.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && closes) event.stopPropagation();
  });
})();
