// Copies the Markdown of a message to the clipboard, and shows a notice.
(() => {
  const root = document.documentElement;
  if (root.dataset.copies) return;
  root.dataset.copies = "yes";

  const pageData = () => document.querySelector("#page-data")?.dataset ?? {};
  const notice = document.body.appendChild(document.createElement("div"));
  notice.id = "copied";
  notice.role = "status";
  notice.hidden = true;

  // Without https the browser has no `navigator.clipboard`: only the old command works.
  const copyWithCommand = (text) => {
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone ? Promise.resolve() : Promise.reject(new Error("not allowed"));
  };
  const copy = (text) =>
    navigator.clipboard
      ? navigator.clipboard.writeText(text).catch(() => copyWithCommand(text))
      : copyWithCommand(text);

  let last = pageData().copying;
  setInterval(() => {
    const { copying, copy: text, copied } = pageData();
    if (copying === undefined || copying === last) return;
    const isFirst = last === undefined;
    last = copying;
    if (isFirst) return;
    copy(text).then(() => {
      notice.textContent = `✓ ${copied}`;
      notice.hidden = false;
      setTimeout(() => { notice.hidden = true; }, 2000);
    }, () => {});
  }, 150);
})();
