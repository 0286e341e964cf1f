// The public names of every door, as typedoc finds them: what they are, and what their docstrings say.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Application, Converter, ReflectionKind } from 'typedoc'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

const { exports } = JSON.parse(readFileSync(`${PROJECT}package.json`, 'utf8'))

/** The doors that package.json has: what is imported, and from which source. */
export const DOORS = Object.fromEntries(
  Object.keys(exports)
    .filter(path => /^\.(?:\/[\w-]+)?$/.test(path))
    .map(path => path.slice(2))
    .map(name => (name === '' ? ['guestmem', 'src/index.ts'] : [`guestmem/${name}`, `src/${name}/${name}.ts`])),
)

/**
 * @returns For each door its names in alphabetical order: `{ door, room, name, kind, code, comment, members }`, where
 *   `comment` is `{ text, tags, links }` and a member is `{ name, code, comment }`.
 */
export async function reflect() {
  const app = await Application.bootstrap({
    entryPoints: Object.values(DOORS).map(path => PROJECT + path),
    tsconfig: `${PROJECT}tsconfig.json`,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    // The types are checked by `npm run types`.
    skipErrorChecking: true,
    disableGit: true,
    sourceLinkTemplate: '{path}',
    alwaysCreateEntryPointModule: true,
    logLevel: 'Error',
  })
  let symbolOf
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, context => {
    symbolOf = reflection => context.getSymbolFromReflection(reflection)
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('typedoc could not read the sources')
  return Object.entries(DOORS).flatMap(([door, path]) => {
    const module = project.children.find(({ name }) => `src/${name}.ts` === path)
    if (module === undefined) throw new Error(`typedoc found no door ${path}`)
    const names = new Map()
    for (const child of module.children ?? []) {
      const made = nameOf(symbolOf, door, child)
      // A type and a constant of one name are one: the docstring stands at either.
      const twin = names.get(made.name)
      names.set(made.name, twin !== undefined && made.comment.text === '' ? { ...made, comment: twin.comment } : made)
    }
    return [...names.values()].sort((a, b) => compare(a.name, b.name))
  })
}

const compare = (a, b) => (a < b ? -1 : 1)

const KINDS = {
  [ReflectionKind.Class]: 'class',
  [ReflectionKind.Interface]: 'interface',
  [ReflectionKind.Function]: 'function',
  [ReflectionKind.TypeAlias]: 'type',
  [ReflectionKind.Variable]: 'constant',
}

function nameOf(symbolOf, door, reflection) {
  const source = reflection.sources?.[0]?.fullFileName ?? ''
  const [, room = ''] = /\/src\/(?:([\w-]+)\/)?/.exec(source) ?? []
  const kind = KINDS[reflection.kind]
  if (kind === undefined) throw new Error(`${reflection.name} is of no kind that the reference knows`)
  const members = ['class', 'interface'].includes(kind) ? (reflection.children ?? []) : []
  return {
    door,
    room,
    name: reflection.name,
    kind,
    code: codeOf(symbolOf, reflection),
    comment: commentOf(reflection),
    members: members
      .filter(member => !member.name.startsWith('#') && !member.name.startsWith('['))
      .map(member => ({
        name: member.name,
        isStatic: member.flags.isStatic,
        isInherited: member.inheritedFrom !== undefined,
        // A class that writes none has a constructor without arguments.
        code: codeOf(symbolOf, member) || `${member.name}()`,
        comment: commentOf(member),
      })),
  }
}

/** The declarations as the source has them, without bodies and values: every public type is written there. */
function codeOf(symbolOf, reflection) {
  const reflections = [reflection, ...(reflection.signatures ?? []), reflection.getSignature].filter(Boolean)
  const symbol = reflections.map(each => symbolOf(each)).find(Boolean)
  const texts = (symbol?.declarations ?? []).map(declarationText)
  // Overloads: the last one is the implementation, and not public.
  const isOverloaded = texts.length > 1 && /function|\(/.test(texts[0]) && !/^(?:export )?(?:const|type)/.test(texts[0])
  const isPair = /^(?:get|set) /.test(texts[0] ?? '')
  return [...new Set(isOverloaded && !isPair ? texts.slice(0, -1) : texts)].join('\n')
}

function declarationText(node) {
  const file = node.getSourceFile()
  // Of a class and an interface the members are told one by one.
  const end = node.members !== undefined ? node.members.pos - 1 : (node.body ?? node.initializer)?.getStart(file)
  const declaration = node.parent?.parent?.kind !== undefined && node.initializer ? node.parent.parent : node
  const start = (isVariable(node) ? declaration : node).getStart(file)
  return file.text
    .slice(start, end ?? node.end)
    .replace(/^(?:export |public |declare |async )+/, '')
    .replace(/\/\*[\s\S]*?\*\/\s*|^\s*\/\/.*\n/gm, '')
    .replace(/\s*(?:[={]|=>)\s*(?:\/\* @__PURE__ \*\/\s*)?$/, '')
    .replace(/^( {2,})/gm, '  ')
    .trim()
}

const isVariable = node => node.parent?.declarations !== undefined

/** What a docstring says, with its tags; also that of a signature or a getter. */
function commentOf(reflection) {
  const signatures = [...(reflection.signatures ?? []), reflection.getSignature, reflection.setSignature].filter(
    Boolean,
  )
  const holder = [reflection, ...signatures].find(({ comment }) => comment !== undefined)
  const comment = holder?.comment
  const links = new Set()
  const text = parts =>
    (parts ?? [])
      .map(part => {
        if (part.kind !== 'inline-tag') return part.text
        const name = part.text.trim().split(/[\s|]/)[0]
        links.add(name)
        return `\`${name}\``
      })
      .join('')
      .trim()
  const parameters = signatures.flatMap(({ parameters = [] }) => parameters)
  const tags = [
    ...parameters
      .filter(each => each.comment)
      .map(each => ({ tag: '@param', name: each.name, text: text(each.comment.summary) })),
    ...(comment?.blockTags ?? [])
      .filter(({ tag }) => tag !== '@param')
      .map(({ tag, content }) => ({ tag, text: text(content) })),
  ]
  return { text: text(comment?.summary), tags, links: [...links] }
}
