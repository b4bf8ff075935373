locals {
  labels = merge(var.labels, { tagent = var.prefix })

  apis = [
    "artifactregistry.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ]

  token_secret_ids   = { for role in ["admin", "operator", "viewer"] : role => "${var.prefix}-${role}-token" }
  sidecar_secret_ids = { for name in keys(var.services) : name => "${var.prefix}-sidecar-${name}" }
  oidc_secret_ids    = var.dashboard.oidc == null ? [] : ["${var.prefix}-oidc-client-secret", "${var.prefix}-oidc-cookie-secret"]
  # With accounts the dashboard mints tokens for people, which takes an admin.
  dashboard_secret_id = local.token_secret_ids[var.dashboard.oidc == null ? "viewer" : "admin"]

  platform_member  = module.service_accounts.platform.member
  dashboard_member = module.service_accounts.dashboard.member
}

resource "google_project_service" "this" {
  for_each = toset(local.apis)

  project = var.project_id
  service = each.key
  # Others in the project may use it too.
  disable_on_destroy = false
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = var.prefix
  description   = "Tagent's images"
  format        = "DOCKER"
  labels        = local.labels

  depends_on = [google_project_service.this]
}

module "service_accounts" {
  source = "../service_accounts"

  project_id                  = var.project_id
  prefix                      = var.prefix
  service_names               = keys(var.services)
  people                      = var.people
  firestore_database_id       = var.firestore.database_id
  platform_reads_logs         = var.platform.reads_logs
  platform_follows_operations = var.platform.follows_operations

  depends_on = [google_project_service.this]
}

module "secrets" {
  source = "../secrets"

  project_id = var.project_id
  accessors = merge(
    {
      for id in setunion(values(local.token_secret_ids), values(var.platform.secret_environment)) :
      id => merge({ platform = local.platform_member }, id == local.dashboard_secret_id ? { dashboard = local.dashboard_member } : {})
    },
    { for name, id in local.sidecar_secret_ids : id => { sidecar = module.service_accounts.services[name].member } },
    { for id in local.oidc_secret_ids : id => { dashboard = local.dashboard_member } },
  )

  depends_on = [google_project_service.this]
}

module "firestore" {
  source = "../firestore"

  project_id             = var.project_id
  database_id            = var.firestore.database_id
  location_id            = coalesce(var.firestore.location_id, var.region)
  protect                = var.firestore.protect
  point_in_time_recovery = var.firestore.point_in_time_recovery
  indexes_file           = "${path.module}/../../../deploy/firestore/firestore.indexes.json"

  depends_on = [google_project_service.this]
}

module "platform" {
  source = "../platform"

  project_id            = var.project_id
  region                = var.region
  name                  = "${var.prefix}-platform"
  image                 = var.images.platform
  service_account_email = module.service_accounts.platform.email
  token_secret_ids      = { for role, id in local.token_secret_ids : role => module.secrets.secret_ids[id] }
  environment           = var.platform.environment
  secret_environment    = { for variable, id in var.platform.secret_environment : variable => module.secrets.secret_ids[id] }
  firestore_database_id = module.firestore.database_id
  replicas              = var.platform.replicas
  concurrency           = var.platform.concurrency
  cpu                   = var.platform.cpu
  memory                = var.platform.memory
  is_internal           = var.platform.is_internal
  deletion_protection   = var.deletion_protection
  labels                = local.labels

  invokers = merge(
    { for name, member in var.people : "person ${name}" => member },
    { people = module.service_accounts.people.member },
    { for name in keys(var.services) : "sidecar ${name}" => module.service_accounts.services[name].member },
    { dashboard = local.dashboard_member },
  )
}

module "dashboard" {
  source = "../dashboard"

  project_id            = var.project_id
  region                = var.region
  name                  = "${var.prefix}-dashboard"
  image                 = var.images.dashboard
  service_account_email = module.service_accounts.dashboard.email
  platform_url          = module.platform.url
  token_secret_id       = module.secrets.secret_ids[local.dashboard_secret_id]
  invokers              = var.dashboard.invokers
  oidc = var.dashboard.oidc == null ? null : merge(var.dashboard.oidc, {
    client_secret_secret_id = module.secrets.secret_ids[local.oidc_secret_ids[0]]
    cookie_secret_secret_id = module.secrets.secret_ids[local.oidc_secret_ids[1]]
  })
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "service" {
  source   = "../service_with_sidecar"
  for_each = var.services

  project_id          = var.project_id
  region              = var.region
  name                = each.key
  service_account     = module.service_accounts.services[each.key]
  app                 = each.value.app
  sidecar             = { image = var.images.sidecar, environment = each.value.sidecar_environment }
  platform_url        = module.platform.url
  token_secret_id     = module.secrets.secret_ids[local.sidecar_secret_ids[each.key]]
  healer              = each.value.is_healed ? { member = local.platform_member } : null
  instances           = each.value.instances
  concurrency         = each.value.concurrency
  request_timeout_s   = each.value.request_timeout_s
  invokers            = each.value.invokers
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "alerting" {
  source = "../alerting"
  count  = var.alerting == null ? 0 : 1

  project_id               = var.project_id
  region                   = var.region
  platform_name            = module.platform.name
  platform_url             = module.platform.url
  emails                   = var.alerting.emails
  notification_channel_ids = var.alerting.notification_channel_ids
}
