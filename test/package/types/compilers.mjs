/** Pinned, so that a new failure has one cause. */
export const COMPILERS = ['5.4.5', '5.5.4', '5.9.3', '6.0.3', '7.0.2']
export const NODE_TYPES = '@types/node@20.19.43'

/** The name under which a compiler is installed beside the others. */
export const folderOf = version => `typescript-${version}`

const atLeast = (version, wanted) => {
  const [major, minor] = version.split('.').map(Number)
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

const LIBRARIES = {
  'no DOM': { lib: ['ES2022'], types: [], programs: [] },
  DOM: { lib: ['ES2022', 'DOM'], types: [], programs: ['dom.ts'] },
  '@types/node': { lib: ['ES2022'], types: ['node'], programs: ['node.ts'] },
}

const RESOLUTIONS = {
  nodenext: { options: { module: 'nodenext', moduleResolution: 'nodenext' }, programs: ['required.cts'] },
  bundler: { options: { module: 'esnext', moduleResolution: 'bundler' }, programs: [] },
  node10: { options: { module: 'commonjs', moduleResolution: 'node10' }, programs: [], until: '7.0' },
}

/** Every way in which a user may compile a program against the package: a name, a compiler and what it is told. */
export function combinations() {
  const all = []
  for (const version of COMPILERS) {
    for (const [resolutionName, resolution] of Object.entries(RESOLUTIONS)) {
      if (resolution.until !== undefined && atLeast(version, resolution.until)) continue
      for (const [libraryName, library] of Object.entries(LIBRARIES)) {
        for (const exact of [false, true]) {
          const programs = ['doors.ts', 'undefined.ts', ...resolution.programs, ...library.programs]
          if (atLeast(version, '5.7')) programs.push('shared-bytes.ts')
          all.push({
            name: `TypeScript ${version}, ${resolutionName}, ${libraryName}${exact ? ', exactOptionalPropertyTypes' : ''}`,
            version,
            config: {
              compilerOptions: {
                ...resolution.options,
                target: 'ES2022',
                lib: library.lib,
                types: library.types,
                strict: true,
                noEmit: true,
                skipLibCheck: false,
                exactOptionalPropertyTypes: exact,
                ...(resolutionName === 'node10' && atLeast(version, '6.0') ? { ignoreDeprecations: '6.0' } : {}),
              },
              files: programs,
            },
          })
        }
      }
    }
  }
  return all
}
