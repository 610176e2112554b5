// Tells how a text is to be read: its direction, its language, and which code can be scrolled; and
// tells a screen reader what becomes of an answer.
(() => {
  const root = document.documentElement;
  if (root.dataset.reads) return;
  root.dataset.reads = "yes";

  const pageData = () => document.querySelector("#page-data")?.dataset ?? {};
  // A list or a quotation has one direction, that of its first letters: `auto` looks only at what
  // has no direction of its own.
  const BLOCKS = [
    '[data-testid="stChatMessage"] :is(p, h1, h2, h3, h4, h5, h6, td, th, ul, ol, blockquote)',
    '[data-testid="stSidebarNavLink"] span',
    'textarea',
  ].map((block) => `${block}:not([dir], li *, blockquote *)`).join();
  const TEXTS = '[data-testid="stChatMessage"] :is(p, h1, h2, h3, h4, h5, h6, li, td, th)';
  // A script that belongs to one language, or to one above all others on pages like this one.
  const LANGUAGES = [
    ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
    ["ko", /\p{Script=Hangul}/u],
    ["zh", /\p{Script=Han}/u],
    ["ru", /\p{Script=Cyrillic}/u],
    ["ar", /\p{Script=Arabic}/u],
    ["he", /\p{Script=Hebrew}/u],
    ["el", /\p{Script=Greek}/u],
    ["hi", /\p{Script=Devanagari}/u],
    ["th", /\p{Script=Thai}/u],
  ];
  const MIN_LETTERS = 8;
  const languageOf = (text) => {
    const letters = text.slice(0, 400).match(/\p{L}/gu) ?? [];
    if (letters.length < MIN_LETTERS) return "";
    const share = (script) => letters.filter((letter) => script.test(letter)).length;
    // A Japanese text is half Chinese characters.
    const found = LANGUAGES.find(([name, script]) =>
      share(script) > letters.length * (name === "ja" ? 0.1 : 0.5));
    return found?.[0] ?? "";
  };

  const mark = () => {
    for (const block of document.querySelectorAll(BLOCKS)) block.dir = "auto";
    for (const block of document.querySelectorAll(`${TEXTS}:not([lang])`)) {
      const language = languageOf(block.textContent);
      if (language && language !== root.lang.slice(0, 2)) block.lang = language;
    }
    for (const code of document.querySelectorAll('[data-testid="stCode"] pre')) {
      const isWide = code.scrollWidth > code.clientWidth || code.scrollHeight > code.clientHeight;
      if (!isWide || code.tabIndex === 0) continue;
      code.tabIndex = 0;
      code.role = "region";
      code.ariaLabel = pageData().code ?? "";
    }
  };
  let isDue = false;
  new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => { isDue = false; mark(); }, 200);
  }).observe(document.body, { childList: true, subtree: true });
  mark();

  const status = document.body.appendChild(document.createElement("div"));
  status.id = "answer-status";
  status.role = "status";
  let known = new Map();
  let path = location.pathname;
  setInterval(() => {
    const answers = JSON.parse(pageData().answers || "[]");
    // Only an answer that begins is news in a chat that was just opened.
    const isOpened = path !== location.pathname;
    const news = answers.filter(({ id, words, isWriting }) =>
      known.get(id) !== words && (isWriting || (known.has(id) && !isOpened)));
    if (news.length) status.textContent = news.map(({ words }) => words).join(" ");
    path = location.pathname;
    known = new Map(answers.map(({ id, words }) => [id, words]));
  }, 200);
})();
