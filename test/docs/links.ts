import { anchorOf } from '../../docs/generate/snippets.mjs'

export interface Link {
  /** As it stands there; empty for a place on the same page. */
  readonly path: string
  readonly anchor: string | undefined
}

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '`')

/** The links and pictures of a page that lead to files of the project. */
export function linksOf(text: string): Link[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z]+:/.test(target))
    .map(target => ({ path: target.split('#')[0] ?? '', anchor: target.split('#')[1] }))
}

/** The anchors of a page's headings. */
export function anchorsOf(text: string): string[] {
  return [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title))
}
