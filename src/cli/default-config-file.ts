/** The configuration when neither an option nor a variable names one. */
export const defaultConfigFile = 'patrol.yaml'
