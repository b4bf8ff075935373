variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Cloud Run region."
  type        = string
  default     = "us-central1"
}

variable "images" {
  description = "Tagent's own images."
  type        = object({ platform = string, dashboard = string, sidecar = string })
}

variable "services" {
  description = "The watched services, as modules/stack takes them."
  type        = any
  default     = {}
}

variable "people" {
  description = "Members who call the platform themselves, each under a name of your choice."
  type        = map(string)
  default     = {}
}

variable "dashboard" {
  description = "Who may open the dashboard, and how people sign in, as modules/stack takes it."
  type        = any
  default     = {}
}

variable "platform_environment" {
  description = "Further variables of the platform that are no secrets, such as { TAGENT_WEBHOOK_URL = \"https://...\" }."
  type        = map(string)
  default     = {}
}

variable "platform_secret_environment" {
  description = "Further variables of the platform whose values are secrets: variable to the id of a secret, which is made, such as { TAGENT_WEBHOOK_SECRET = \"tagent-webhook-secret\" }."
  type        = map(string)
  default     = {}
}
