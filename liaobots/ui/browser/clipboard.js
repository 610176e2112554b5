// Brings a message into the clipboard as the Markdown that it is, and says so.
(() => {
  const root = document.documentElement;
  if (root.dataset.copies) return;
  root.dataset.copies = "yes";

  const told = () => document.querySelector("#told")?.dataset ?? {};
  const words = document.body.appendChild(document.createElement("div"));
  words.id = "copied";
  words.role = "status";
  words.hidden = true;

  // Where the page is not on https, only the old way is open.
  const copyOldWay = (text) => {
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone ? Promise.resolve() : Promise.reject(new Error("not allowed"));
  };
  const copy = (text) =>
    navigator.clipboard
      ? navigator.clipboard.writeText(text).catch(() => copyOldWay(text))
      : copyOldWay(text);

  let last = told().copying;
  setInterval(() => {
    const { copying, copy: text, copied } = told();
    if (copying === undefined || copying === last) return;
    const isFirst = last === undefined;
    last = copying;
    if (isFirst) return;
    copy(text).then(() => {
      words.textContent = `✓ ${copied}`;
      words.hidden = false;
      setTimeout(() => { words.hidden = true; }, 2000);
    }, () => {});
  }, 150);
})();
