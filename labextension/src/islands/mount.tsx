/** Makes an island's `mount` out of a React component. */
import type { ComponentType } from 'react';
import { createRoot } from 'react-dom/client';

import type { IslandModule } from './contract';

export function islandOf<Props extends object>(View: ComponentType<Props>): IslandModule<Props>['mount'] {
  return (element, props) => {
    const root = createRoot(element);
    const show = (present: Props) => {
      root.render(<View {...present} />);
    };
    show(props);
    return {
      update: show,
      dispose: () => {
        root.unmount();
      },
    };
  };
}
