// <button type="button" class="needs-script" data-copy="ID" data-own> copies the text of ID, a <pre>.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-copy]");
  if (button !== null) void copy(button);
});

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    // Only https and this machine have a clipboard, and a browser may refuse to use it.
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    // Ready for Ctrl-C.
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
}
