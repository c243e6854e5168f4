// What the scripts of the request's page share. Every value is set as text, never as markup.
export const number = (value) => value.toLocaleString("en");

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
