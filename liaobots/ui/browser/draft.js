// Keeps what is typed for each chat, in this tab's own storage, until the server has it.
(() => {
  const root = document.documentElement;
  if (root.dataset.drafts) return;
  root.dataset.drafts = "yes";

  const name = (path) => `draft ${path}`;
  const field = () => document.querySelector('[data-testid="stChatInputTextArea"]');
  const told = (name) => document.querySelector("#told")?.dataset[name] ?? "";
  const asked = () => told("asked");
  const keep = (path, text) => {
    if (text) sessionStorage.setItem(name(path), text);
    else sessionStorage.removeItem(name(path));
  };

  let path = location.pathname;
  let seen = null;
  let known = asked();
  let sentFrom = null;
  let sent = "";
  // A question asked on the empty page leads to its chat, unless the visitor went elsewhere.
  let leadsFrom = null;
  // Streamlit takes two questions that come at once for one, so the second is held back until
  // the server has looked at the first, or for so many milliseconds.
  const patience = 10_000;
  let handed = "";
  let sentAt = -patience;
  let isHeld = false;
  // Whoever sent a question with files goes on typing where they did when these were read.
  let isShut = false;
  const open = (area) => {
    if (isShut && !area.disabled && document.activeElement === document.body) area.focus();
    isShut = area.disabled && (isShut || area.value === sent);
  };
  const isLookedAt = () => told("handed") !== handed || Date.now() - sentAt > patience;
  const letGo = () => {
    if (!isHeld || !isLookedAt()) return;
    isHeld = false;
    document.querySelector('[data-testid="stChatInputSubmitButton"]')?.click();
  };

  // React looks at the property that it replaced; the one below it, and an event, tell it.
  const type = (area, text) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
    set.call(area, text);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const note = () => {
    const area = field();
    // What was sent is kept until the server says that it has it.
    if (!area || area !== seen || (sentFrom === path && !area.value)) return;
    if (path === sentFrom && area.value && area.value !== sent) sentFrom = null;
    keep(path, area.value);
  };

  const look = () => {
    const area = field();
    known ||= asked();
    if (asked() && asked() !== known) {
      known = asked();
      if (sentFrom !== null) keep(sentFrom, "");
      sentFrom = null;
    }
    if (!area) {
      seen = null;
      path = location.pathname;
      return;
    }
    const isElsewhere = path !== location.pathname;
    if (isElsewhere && area === seen && leadsFrom === path) {
      // What was typed since goes along.
      if (sentFrom !== path) keep(path, "");
      [path, leadsFrom] = [location.pathname, null];
      keep(path, area.value);
      return;
    }
    if (isElsewhere) [path, leadsFrom, isHeld] = [location.pathname, null, false];
    if (area !== seen || isElsewhere) {
      const text = sessionStorage.getItem(name(path)) ?? "";
      if ((area === seen || text) && area.value !== text) type(area, text);
      seen = area;
    }
    note();
    letGo();
    open(area);
  };

  const isSending = (event) => {
    const box = event.target.closest?.('[data-testid="stChatInput"]');
    if (!box || !field()?.value) return false;
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    return isEnter || event.target.closest('[data-testid="stChatInputSubmitButton"]');
  };
  const noteSent = (event) => {
    if (!isSending(event)) return;
    if (!isLookedAt()) {
      isHeld = true;
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    [handed, sentAt] = [told("handed"), Date.now()];
    // Where it was sent faster than it was looked for, no draft is to be put there any more.
    seen = field();
    sent = seen.value;
    sentFrom = location.pathname;
    keep(sentFrom, sent);
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
    if (event.target === field() && path === location.pathname) note();
  });
  setInterval(look, 200);
})();
