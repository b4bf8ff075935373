# Survives the loss of a replica, of a zone and of a moment's attention: several replicas, protected data with its last seven days,
# images by digest, and somebody who is told.
module "tagent" {
  source = "../../modules/stack"

  project_id            = var.project_id
  region                = var.region
  images                = var.images
  require_image_digests = true
  services              = var.services
  people                = var.people
  dashboard             = var.dashboard

  firestore = { protect = true, point_in_time_recovery = true }
  platform = {
    replicas           = { min = 3, max = 10 }
    environment        = var.platform_environment
    secret_environment = var.platform_secret_environment
  }
  alerting            = var.alerting
  deletion_protection = true
  labels              = { environment = "prod" }
}
