/** An element of the page, which is there from the beginning. */
export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element ${id}`)
  return found as T
}

type Child = Node | string

/** A new element with what is in it. What comes from a file is text, and never markup. */
export function made<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const one = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value)
  one.append(...children)
  return one
}

const SVG = 'http://www.w3.org/2000/svg'

/** A new element of a picture. */
export function drawn(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): SVGElement {
  const one = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, String(value))
  one.append(...children)
  return one
}

export function onClick(id: string, act: () => void): void {
  element(id).addEventListener('click', act)
}
