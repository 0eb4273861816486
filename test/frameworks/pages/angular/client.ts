import '@angular/compiler';
import { createComponent, inputBinding, provideZonelessChangeDetection } from '@angular/core';
import { createApplication } from '@angular/platform-browser';
import { Visitors } from './visitors';

const application = await createApplication({ providers: [provideZonelessChangeDetection()] });
const hostElement = document.getElementById('app')!;
const token = (): string => document.body.dataset['token']!;
const component = createComponent(Visitors, {
  environmentInjector: application.injector,
  hostElement,
  bindings: [inputBinding('token', token)],
});
application.attachView(component.hostView);
