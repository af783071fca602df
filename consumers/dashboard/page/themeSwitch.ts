/** Dark or light: the system's, or what was chosen here. */
import { one } from './dom.ts';

const dark = matchMedia('(prefers-color-scheme: dark)');
const isDark = (): boolean => (document.documentElement.dataset['theme'] ?? (dark.matches ? 'dark' : 'light')) === 'dark';

export function startTheme(): void {
  const button = one('[data-theme-switch]');
  const draw = (): void => { button.textContent = isDark() ? 'Light' : 'Dark'; button.setAttribute('aria-label', `Switch to the ${isDark() ? 'light' : 'dark'} theme`); };
  button.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    try {
      localStorage.setItem('theme', next);
    } catch {
      // Without storage it holds until the page is loaded again.
    }
    draw();
  });
  dark.addEventListener('change', draw);
  draw();
}
