// What every JSX element becomes, brought into each module that has one.
export { Fragment, h } from "preact";
