// Saves what is typed in each chat in this tab's session storage, until the server has it.
(() => {
  const root = document.documentElement;
  if (root.dataset.drafts) return;
  root.dataset.drafts = "yes";

  const keyOf = (path) => `draft ${path}`;
  const field = () => document.querySelector('[data-testid="stChatInputTextArea"]');
  const pageData = (name) => document.querySelector("#page-data")?.dataset[name] ?? "";
  const askCount = () => pageData("asked");
  const save = (path, text) => {
    if (text) sessionStorage.setItem(keyOf(path), text);
    else sessionStorage.removeItem(keyOf(path));
  };

  let path = location.pathname;
  let seen = null;
  let knownCount = askCount();
  let sentFrom = null;
  let sent = "";
  // The empty page from which a question leads to its new chat, unless the visitor goes elsewhere.
  let leadsFrom = null;
  // Streamlit merges two questions that it gets at the same time, so the second is held back
  // until the server has received the first, at most for this time.
  const MAX_HOLD_MILLISECONDS = 10_000;
  let submitCount = "";
  let sentAt = -MAX_HOLD_MILLISECONDS;
  let isHeld = false;
  // The field is disabled while the files of a question are read, and loses the focus. It gets
  // the focus back afterwards, so that the visitor can go on typing.
  let wasDisabled = false;
  const restoreFocus = (area) => {
    if (wasDisabled && !area.disabled && document.activeElement === document.body) area.focus();
    wasDisabled = area.disabled && (wasDisabled || area.value === sent);
  };
  const isReceived = () =>
    pageData("handed") !== submitCount || Date.now() - sentAt > MAX_HOLD_MILLISECONDS;
  const release = () => {
    if (!isHeld || !isReceived()) return;
    isHeld = false;
    document.querySelector('[data-testid="stChatInputSubmitButton"]')?.click();
  };

  // React replaces the property `value` of the field. Its prototype's setter and an event make
  // React notice the new text.
  const type = (area, text) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
    set.call(area, text);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const saveDraft = () => {
    const area = field();
    // A sent text is kept until the server confirms that it has the question.
    if (!area || area !== seen || (sentFrom === path && !area.value)) return;
    if (path === sentFrom && area.value && area.value !== sent) sentFrom = null;
    save(path, area.value);
  };

  const update = () => {
    const area = field();
    knownCount ||= askCount();
    if (askCount() && askCount() !== knownCount) {
      knownCount = askCount();
      if (sentFrom !== null) save(sentFrom, "");
      sentFrom = null;
    }
    if (!area) {
      seen = null;
      path = location.pathname;
      return;
    }
    const isElsewhere = path !== location.pathname;
    if (isElsewhere && area === seen && leadsFrom === path) {
      // What was typed since then moves to the new chat.
      if (sentFrom !== path) save(path, "");
      [path, leadsFrom] = [location.pathname, null];
      save(path, area.value);
      return;
    }
    if (isElsewhere) [path, leadsFrom, isHeld] = [location.pathname, null, false];
    if (area !== seen || isElsewhere) {
      const text = sessionStorage.getItem(keyOf(path)) ?? "";
      if ((area === seen || text) && area.value !== text) type(area, text);
      seen = area;
    }
    saveDraft();
    release();
    restoreFocus(area);
  };

  const isSending = (event) => {
    const box = event.target.closest?.('[data-testid="stChatInput"]');
    if (!box || !field()?.value) return false;
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    return isEnter || event.target.closest('[data-testid="stChatInputSubmitButton"]');
  };
  const noteSent = (event) => {
    if (!isSending(event)) return;
    if (!isReceived()) {
      isHeld = true;
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    [submitCount, sentAt] = [pageData("handed"), Date.now()];
    // If `update` saw the count only afterwards, it would not know that it has changed.
    knownCount = askCount();
    // If it was sent before `update` saw the field, no draft must be restored into it.
    seen = field();
    sent = seen.value;
    sentFrom = location.pathname;
    save(sentFrom, sent);
    leadsFrom = location.pathname.endsWith("/") ? location.pathname : null;
  };
  const goElsewhere = (event) => {
    if (event.type === "popstate" || event.target.closest?.("a")) leadsFrom = null;
  };
  document.addEventListener("keydown", noteSent, true);
  document.addEventListener("click", noteSent, true);
  document.addEventListener("click", goElsewhere, true);
  addEventListener("popstate", goElsewhere);
  document.addEventListener("input", (event) => {
    if (event.target === field() && path === location.pathname) saveDraft();
  });
  setInterval(update, 200);
})();
