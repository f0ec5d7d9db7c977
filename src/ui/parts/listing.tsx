/** A long text as it is. What scrolls has to be reached by the keyboard, too. */
export function Listing({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section class="listing" aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}
