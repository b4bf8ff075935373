variable "project_id" {
  description = "Project that the dashboard runs in."
  type        = string
}

variable "region" {
  description = "Cloud Run region, such as us-central1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a Cloud Run region such as us-central1, not a zone."
  }
}

variable "name" {
  description = "Name of the Cloud Run service."
  type        = string
  default     = "tagent-dashboard"
}

variable "image" {
  description = "The dashboard's image; pin it by digest where it matters."
  type        = string
}

variable "service_account_email" {
  description = "Account that the dashboard runs as; it must be allowed to call the platform."
  type        = string
}

variable "platform_url" {
  description = "The platform's URL, as its module says it."
  type        = string
}

variable "token_secret_id" {
  description = "Secret with the token that the dashboard itself watches with: a viewer's, or an admin's when people sign in by account."
  type        = string
}

variable "invokers" {
  description = "Members who get as far as the sign-in page, each under a name of your choice. A browser shows Google no identity by itself, so use { everybody = \"allUsers\" } and leave the door to the dashboard's own sign-in, or the account of an Identity-Aware Proxy in front."
  type        = map(string)
  default     = {}
}

variable "oidc" {
  description = "How people sign in with their organisation's account; null: with a token of ours. roles: claim's value to viewer, operator or admin, \"*\" for everybody."
  type = object({
    client_id               = string
    client_secret_secret_id = string
    cookie_secret_secret_id = string
    metadata_url            = string
    redirect_uri            = string
    roles                   = map(string)
    role_claim              = optional(string, "groups")
    scopes                  = optional(string, "openid email profile")
  })
  default = null

  validation {
    condition     = var.oidc == null || try(endswith(var.oidc.redirect_uri, "/oauth2callback") && startswith(var.oidc.redirect_uri, "https://"), false)
    error_message = "oidc.redirect_uri must be the dashboard's https address with /oauth2callback."
  }
  validation {
    condition     = var.oidc == null || try(length(setsubtract(values(var.oidc.roles), ["viewer", "operator", "admin"])) == 0 && length(var.oidc.roles) > 0, false)
    error_message = "oidc.roles must give at least one claim's value the role viewer, operator or admin."
  }
}

variable "cpu" {
  description = "Cores of the dashboard."
  type        = string
  default     = "1"
}

variable "memory" {
  description = "Memory of the dashboard; about twenty people fit into the default."
  type        = string
  default     = "1Gi"
}

variable "deletion_protection" {
  description = "Refuse to delete the service with Terraform."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of the service."
  type        = map(string)
  default     = {}
}
