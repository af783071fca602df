/** What every view gives to the page. */
export interface View {
  readonly title: string;
  readonly content: readonly Node[];
  /** Called when the page goes elsewhere. */
  readonly leave?: () => void;
}
