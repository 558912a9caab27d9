// <button type="button" class="needs-script" data-copy="ID"> copies the text of ID, a <pre>.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-copy]");
  if (button !== null) void copy(button);
});

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  // Only https and this machine have a clipboard; elsewhere the text is selected, ready for Ctrl-C.
  if (navigator.clipboard === undefined) {
    getSelection().selectAllChildren(source);
    return;
  }
  await navigator.clipboard.writeText(source.textContent);
  button.textContent = "Copied";
}
