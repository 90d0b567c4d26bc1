// The interface's strings, as the server wrote them into the page.
export function words() {
  return JSON.parse(document.getElementById("words")?.dataset.words ?? "{}");
}

// Says something once to screen readers.
export function announce(text) {
  const live = document.getElementById("live");
  if (live && text && live.textContent !== text) live.textContent = text;
}
