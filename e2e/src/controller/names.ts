/** Where the controller and all that it makes are. */
export const NAMESPACE = 'kubewarden';
