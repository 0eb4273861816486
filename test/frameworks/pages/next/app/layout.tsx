import type { ReactNode } from 'react';
import './layout.css';

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <link rel="icon" href="data:," />
      </head>
      <body>
        <p>{children} are here.</p>
      </body>
    </html>
  );
}
