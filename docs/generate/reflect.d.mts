export interface Comment {
  readonly text: string
  readonly tags: readonly { readonly tag: string; readonly name?: string; readonly text: string }[]
  /** Names that it links to. */
  readonly links: readonly string[]
}

export interface Member {
  readonly name: string
  readonly isStatic: boolean
  readonly isInherited: boolean
  readonly code: string
  readonly comment: Comment
}

export interface PublicName {
  readonly door: string
  /** The folder of src that it is declared in. */
  readonly room: string
  readonly name: string
  readonly kind: 'class' | 'interface' | 'function' | 'type' | 'constant'
  readonly code: string
  readonly comment: Comment
  readonly members: readonly Member[]
}

export declare const PROJECT: string
export declare const DOORS: Readonly<Record<string, string>>
export declare function reflect(): Promise<PublicName[]>
