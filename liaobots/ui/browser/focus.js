// Keeps the focus where a visitor goes on: in the composer of a page that was opened, in a panel
// that was opened, and never on nothing after what had it is gone.
(() => {
  const root = document.documentElement;
  if (root.dataset.focuses) return;
  root.dataset.focuses = "yes";

  // A touch keyboard would cover the page.
  const hasKeyboard = matchMedia("(hover: hover)");
  const FIELDS = "textarea, input, [role=combobox]";
  const composer = () => {
    const area = document.querySelector('[data-testid="stChatInputTextArea"]');
    return area?.offsetParent && !area.disabled ? area : null;
  };
  const panel = () => document.querySelector('[class*="st-key-panel-"]');
  const idOf = (element) => element?.className.match(/st-key-panel-(\w+)/)?.[1];
  const menuOf = (id) => document.querySelector(`.st-key-menu-${id} button`);
  const focus = (element) => element?.focus({ preventScroll: true });
  const isOnNothing = () => [document.body, null].includes(document.activeElement);

  let path = null;
  let openPanel = null;
  let last = null;
  // A click on nothing takes the focus away, as the visitor wants.
  addEventListener("pointerdown", () => { last = null; }, true);
  addEventListener("focusin", (event) => { last = event.target; });

  const update = () => {
    if (!hasKeyboard.matches) return;
    const shown = idOf(panel());
    const closed = shown === undefined ? openPanel : null;
    const isOpened = shown !== undefined && shown !== openPanel;
    if (isOpened) {
      const field = panel().querySelector(FIELDS);
      if (!field) return;
      focus(field);
      field.setSelectionRange?.(field.value.length, field.value.length);
    }
    openPanel = shown ?? null;
    const isElsewhere = path !== location.pathname;
    if (isElsewhere && !composer()) return;
    path = location.pathname;
    const isOnLink = document.activeElement?.matches('[data-testid="stSidebarNavLink"]');
    if (isElsewhere && (isOnNothing() || isOnLink)) focus(composer());
    else if (isOnNothing() && closed) focus(menuOf(closed) ?? composer());
    else if (isOnNothing() && last && !last.isConnected) focus(composer());
  };
  setInterval(update, 150);

  // The link to skip to the content leads to where questions are typed.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('a[href="#stMain"], a[href="#main"]') && composer()) {
      event.preventDefault();
      focus(composer());
    }
  }, true);
})();
